import { type Chest, MIDLINE, SIDES, SIGN } from "./chest.ts";
import type { Body } from "./draw-body.ts";
import { between, type FastRandom, fastRandom } from "./fast-random.ts";
import { drawPolyline, type Plane, type Point } from "./plane.ts";

/** Main branches out of each hilum: angle below the horizontal, in radians. */
const BRANCHES = [-1.15, -0.75, -0.3, 0.15, 0.55, 0.95, 1.3];
const GENERATIONS = 4;

/** Draws the vessels of both lungs as trees that grow out of the hila, and the hila themselves. */
export function drawVessels(body: Body, chest: Chest): void {
  const random = fastRandom(chest.anatomy.vesselSeed);
  for (const side of SIDES) {
    const sign = SIGN[side];
    const root: Point = {
      x: MIDLINE + sign * 0.085 + chest.shift,
      y: chest.hilum + (side === "left" ? -0.012 : 0.012),
    };
    for (const angle of BRANCHES) {
      const start = { x: root.x, y: root.y + 0.02 * Math.sin(angle) };
      const length = between(random, 0.07, 0.1) * (angle > 0.5 ? 1.25 : 1);
      grow(body.vessels, start, angle + between(random, -0.15, 0.15), sign, length, 0.0085, 0, random, chest);
    }
    drawPolyline(body.vessels, [root, { x: root.x + sign * 0.012, y: root.y + 0.055 }], {
      radius: 0.018,
      endRadius: 0.01,
      value: 0.12 * chest.anatomy.vessels,
      soft: 0.02,
    });
  }
}

function grow(
  target: Plane,
  from: Point,
  angle: number,
  sign: number,
  length: number,
  radius: number,
  generation: number,
  random: FastRandom,
  chest: Chest,
): void {
  const bend = between(random, -0.25, 0.25);
  const middle = {
    x: from.x + (sign * Math.cos(angle) * length) / 2,
    y: from.y + (Math.sin(angle) * length) / 2,
  };
  const to = {
    x: middle.x + (sign * Math.cos(angle + bend) * length) / 2,
    y: middle.y + (Math.sin(angle + bend) * length) / 2,
  };
  drawPolyline(target, [from, middle, to], {
    radius,
    endRadius: radius * 0.62,
    value: (0.155 - 0.026 * generation) * chest.anatomy.vessels,
    soft: 0.006,
  });
  if (generation + 1 >= GENERATIONS) return;
  for (const turn of [-1, 1]) {
    const next = angle + bend + turn * between(random, 0.2, 0.6);
    const shorter = length * between(random, 0.68, 0.86);
    grow(target, to, next, sign, shorter, radius * 0.62, generation + 1, random, chest);
  }
}
