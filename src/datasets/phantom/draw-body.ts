import type { Chest } from "./chest.ts";
import { floorAt, MIDLINE, mediastinumAt, topAt, wallAt } from "./chest.ts";
import { smoothNoise } from "./fast-random.ts";
import { forEachPixel, type Plane, plane, smoothstep } from "./plane.ts";

/** The picture under construction, in units of attenuation: 0 is open air, 1 the middle of the abdomen. */
export interface Body {
  /** Everything soft, with lungs counted as if they were airless. */
  readonly tissue: Plane;
  /** How much lung lies in the beam, 0 to 1: the mask that findings inside the lungs are drawn through. */
  readonly lung: Plane;
  /** How much of that is filled with air; findings take it away. */
  readonly air: Plane;
  /** Vessels, bones and devices, each added where it lies. */
  readonly vessels: Plane;
  readonly bones: Plane;
  readonly devices: Plane;
}

const TISSUE = { body: 0.64, mediastinum: 0.2, heart: 0.13, abdomen: 0.2, spine: 0.045, breast: 0.1 };
/** Softness of outlines. */
const EDGE = 0.009;

export function emptyBody(size: number): Body {
  return {
    tissue: plane(size),
    lung: plane(size),
    air: plane(size),
    vessels: plane(size),
    bones: plane(size),
    devices: plane(size),
  };
}

/** Half the width of the trunk at a height: neck, shoulders, chest wall. */
function trunkAt(chest: Chest, y: number): number {
  const neck = 0.105;
  const shoulder = 0.5;
  const side = wallAt(chest, 0.6) + chest.anatomy.flesh;
  if (y < chest.apex + 0.1) {
    const t = smoothstep(chest.apex - 0.13, chest.apex + 0.1, y);
    return neck + (shoulder - neck) * t;
  }
  return shoulder + (side - shoulder) * smoothstep(chest.apex + 0.12, chest.apex + 0.34, y);
}

/** How far inside the heart a point is: 1 at its centre, 0 on its outline, negative outside. */
export function insideHeart(chest: Chest, x: number, y: number): number {
  const { heart } = chest;
  const dx = x - heart.x;
  const dy = y - heart.y;
  const along = (dx * Math.cos(heart.tilt) + dy * Math.sin(heart.tilt)) / heart.long;
  const across = (dy * Math.cos(heart.tilt) - dx * Math.sin(heart.tilt)) / heart.short;
  return 1 - Math.hypot(along, across);
}

/** Draws trunk, mediastinum, heart, abdomen and the empty lungs. */
export function drawBody(body: Body, chest: Chest): void {
  const { size } = body.tissue;
  const { anatomy } = chest;
  const mottle = smoothNoise(anatomy.vesselSeed ^ 0x51, 7);
  const bubble = { x: MIDLINE + anatomy.chest * 0.5, y: chest.dome.left + 0.075, wide: 0.055, high: 0.032 };
  forEachPixel(size, 0, 0, 1, 1, (index, x, y) => {
    const side = x < MIDLINE ? "right" : "left";
    const distance = Math.abs(x - MIDLINE);
    const trunk = smoothstep(0, 0.03, trunkAt(chest, y) - distance);
    if (trunk === 0) return;
    const floor = floorAt(chest, side, distance);
    const middle = mediastinumAt(chest, side, y);
    const belowFloor = smoothstep(-EDGE, EDGE, y - floor);
    const heart = smoothstep(-0.06, 0.05, insideHeart(chest, x, y)) * (1 - belowFloor);
    const central = smoothstep(-EDGE, EDGE, middle - distance);
    const column = smoothstep(-0.006, 0.012, 0.038 - Math.abs(x - MIDLINE));
    const lung =
      smoothstep(-EDGE, EDGE * 1.5, y - topAt(chest, distance)) *
      (1 - belowFloor) *
      smoothstep(-EDGE, EDGE, wallAt(chest, y) - distance);
    const breast =
      anatomy.breast *
      smoothstep(0.13, 0.03, Math.hypot(distance - anatomy.chest * 0.62, (y - chest.dome.right + 0.1) * 0.9));
    let tissue =
      TISSUE.body * (0.86 + 0.14 * Math.sqrt(Math.max(0, 1 - (distance / 0.56) ** 2))) +
      TISSUE.mediastinum * central * smoothstep(chest.apex - 0.1, chest.apex + 0.2, y) +
      TISSUE.heart * heart +
      TISSUE.abdomen * belowFloor * smoothstep(0.5, 0.3, distance) +
      TISSUE.spine * column * (0.8 + 0.2 * Math.sin((y * 2 * Math.PI) / 0.052)) +
      TISSUE.breast * breast * (1 - 0.5 * belowFloor) +
      anatomy.veil * lung +
      0.03 * (mottle(x, y) - 0.5);
    // The windpipe, down to where it divides.
    tissue -=
      0.11 *
      smoothstep(0.024, 0.012, Math.abs(x - MIDLINE - chest.shift * smoothstep(0.05, 0.4, y))) *
      smoothstep(chest.hilum - 0.02, chest.hilum - 0.07, y);
    const inBubble = Math.hypot((x - bubble.x) / bubble.wide, (y - bubble.y) / bubble.high);
    tissue -= 0.16 * anatomy.gasBubble * smoothstep(1.15, 0.75, inBubble);
    body.tissue.data[index] = tissue * trunk;
    // Behind the heart and the great vessels some lung is left, in front and behind.
    const open = lung * (1 - 0.86 * Math.max(central, heart));
    body.lung.data[index] = open;
    body.air.data[index] = 1;
  });
}

/** Shares of the lungs' places: calls `visit` for every pixel with lung in the beam. */
export function forEachLungPixel(
  body: Body,
  side: "right" | "left" | "both",
  visit: (index: number, x: number, y: number) => void,
): void {
  const { size, data } = body.lung;
  const left = side === "left" ? MIDLINE : 0;
  const right = side === "right" ? MIDLINE : 1;
  forEachPixel(size, left, 0.05, right, 0.95, (index, x, y) => {
    if ((data[index] ?? 0) > 0.003) visit(index, x, y);
  });
}
