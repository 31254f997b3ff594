import { type Chest, MIDLINE, SIGN, wallAt } from "./chest.ts";
import type { Body } from "./draw-body.ts";
import { forEachLungPixel } from "./draw-body.ts";
import { between, fastRandom, smoothNoise } from "./fast-random.ts";
import type { Finding, Side } from "./finding.ts";
import { findingCentre, lobeOf, lungPoint } from "./finding-centre.ts";
import { drawSegment, type Plane, plane, smoothstep } from "./plane.ts";

/** Takes a share of the air away, 0 to 1. */
function fill(body: Body, index: number, share: number): void {
  const before = body.air.data[index] ?? 1;
  body.air.data[index] = before * (1 - Math.min(1, Math.max(0, share)));
}

/** Lung Opacity: one hazy patch of ground glass without an edge; vessels are still seen through it. */
export function drawOpacity(body: Body, chest: Chest, finding: Finding): void {
  const centre = findingCentre(chest, finding);
  const wide = 0.075 + 0.035 * finding.across;
  const high = 0.1 + 0.03 * finding.down;
  const strength = 0.2 + 0.36 * finding.severity;
  forEachLungPixel(body, finding.side, (index, x, y) => {
    const r = Math.hypot((x - centre.x) / wide, (y - centre.y) / high);
    if (r < 1.7) fill(body, index, strength * smoothstep(1.7, 0.25, r));
  });
}

/** Lung Lesion: one to three round, well-edged nodules, or one mass. */
export function drawLesion(body: Body, chest: Chest, finding: Finding): void {
  const random = fastRandom(finding.seed);
  const count = finding.severity > 0.45 ? 1 + Math.floor(random() * 3) : 1;
  for (let i = 0; i < count; i++) {
    const side: Side = i === 2 ? (finding.side === "left" ? "right" : "left") : finding.side;
    const centre =
      i === 0 ? findingCentre(chest, finding) : lungPoint(chest, side, random(), between(random, 0.1, 0.9));
    const radius = (0.017 + 0.033 * finding.severity) * (i === 0 ? 1 : between(random, 0.6, 0.9));
    const strength = 0.5 + 0.45 * finding.severity;
    forEachLungPixel(body, side, (index, x, y) => {
      const inside = radius - Math.hypot(x - centre.x, y - centre.y);
      if (inside > -0.006) fill(body, index, strength * smoothstep(-0.006, 0.006, inside));
    });
  }
}

/** Edema: haze around both hila, fading outwards, fat upper vessels, and short lines at the lower walls. */
export function drawEdema(body: Body, chest: Chest, finding: Finding): void {
  const random = fastRandom(finding.seed);
  const mottle = smoothNoise(finding.seed, 26);
  const strength = 0.1 + 0.46 * finding.severity;
  forEachLungPixel(body, "both", (index, x, y) => {
    const out = Math.abs(x - MIDLINE) / chest.anatomy.chest;
    const r = Math.hypot((out - 0.28) / 0.5, (y - chest.hilum - 0.08) / 0.27);
    if (r >= 1.25) return;
    const haze = smoothstep(1.25, 0.15, r);
    fill(body, index, strength * haze * (0.45 + 1.1 * mottle(x, y)));
    body.vessels.data[index] = (body.vessels.data[index] ?? 0) * (1 + 0.4 * finding.severity);
  });
  for (const side of ["right", "left"] as const) {
    const lines = 5 + Math.floor(5 * finding.severity);
    for (let i = 0; i < lines; i++) {
      const y = chest.dome.right - 0.15 + 0.026 * i + between(random, -0.005, 0.005);
      const wall = wallAt(chest, y) - 0.006;
      const from = { x: MIDLINE + SIGN[side] * wall, y };
      const to = { x: MIDLINE + SIGN[side] * (wall - between(random, 0.035, 0.055)), y: y + 0.003 };
      drawSegment(body.bones, from, to, {
        radius: 0.0022,
        value: 0.06 + 0.1 * finding.severity,
        blend: "add",
      });
    }
  }
}

/** Consolidation: most of a lobe dense and even, cut off straight at a fissure, with dark bronchi inside. */
export function drawConsolidation(body: Body, chest: Chest, finding: Finding): void {
  const lobe = lobeOf(finding);
  const height = chest.dome[finding.side] - chest.apex;
  const strength = 0.5 + 0.42 * finding.severity;
  const bronchi = bronchiPlane(body.lung.size, chest, finding);
  const reach = 0.62 + 0.38 * finding.severity;
  forEachLungPixel(body, finding.side, (index, x, y) => {
    const distance = Math.abs(x - MIDLINE);
    const out = distance / chest.anatomy.chest;
    const t = (y - chest.apex) / height - lobe.tilt * (out - 0.5) * 2;
    const inside =
      smoothstep(lobe.top - 0.012, lobe.top + 0.012, t) *
      smoothstep(lobe.bottom + 0.012, lobe.bottom - 0.012, t);
    if (inside === 0) return;
    const spread = smoothstep(reach + 0.25, reach - 0.05, finding.across < 0.5 ? out - 0.1 : 1.15 - out);
    fill(body, index, strength * inside * spread * (1 - 0.6 * (bronchi.data[index] ?? 0)));
  });
}

function bronchiPlane(size: number, chest: Chest, finding: Finding): Plane {
  const target = plane(size);
  const random = fastRandom(finding.seed);
  const sign = SIGN[finding.side];
  for (let i = 0; i < 7; i++) {
    let from = { x: MIDLINE + sign * 0.1, y: chest.hilum + 0.01 };
    let angle = -1.1 + 0.37 * i + between(random, -0.1, 0.1);
    for (let step = 0; step < 4; step++) {
      const to = { x: from.x + sign * Math.cos(angle) * 0.05, y: from.y + Math.sin(angle) * 0.06 };
      drawSegment(target, from, to, { radius: 0.0048 - 0.0007 * step, value: 1, soft: 0.005 });
      angle += between(random, -0.3, 0.3);
      from = to;
    }
  }
  return target;
}

/** Pneumonia: a cluster of ragged, blotchy clumps in one zone, dense in their middle. */
export function drawPneumonia(body: Body, chest: Chest, finding: Finding): void {
  const random = fastRandom(finding.seed);
  const centre = findingCentre(chest, finding);
  const clumps = Array.from({ length: 6 + Math.floor(6 * finding.severity) }, () => {
    const angle = between(random, 0, 2 * Math.PI);
    const away = Math.sqrt(random()) * (0.06 + 0.035 * finding.severity);
    return {
      x: centre.x + away * Math.cos(angle),
      y: centre.y + 1.15 * away * Math.sin(angle),
      radius: between(random, 0.012, 0.024),
      strength: (0.42 + 0.42 * finding.severity) * between(random, 0.7, 1.1),
    };
  });
  const ragged = smoothNoise(finding.seed ^ 0x77, 44);
  forEachLungPixel(body, finding.side, (index, x, y) => {
    if (Math.abs(x - centre.x) > 0.17 || Math.abs(y - centre.y) > 0.17) return;
    const dent = (ragged(x, y) - 0.5) * 0.022;
    let left = 1;
    for (const clump of clumps) {
      const inside = clump.radius + dent - Math.hypot(x - clump.x, y - clump.y);
      if (inside > -0.01) left *= 1 - Math.min(1, clump.strength) * smoothstep(-0.01, 0.008, inside);
    }
    if (left < 1) fill(body, index, 1 - left);
  });
}

/** Atelectasis: plates, flat or a little tilted, above the lifted diaphragm (the lift is in the layout). */
export function drawAtelectasis(body: Body, chest: Chest, finding: Finding): void {
  const random = fastRandom(finding.seed);
  const sign = SIGN[finding.side];
  const plates = 2 + Math.floor(finding.severity * 2.5);
  const mask = plane(body.lung.size);
  for (let i = 0; i < plates; i++) {
    const y = chest.dome[finding.side] - 0.035 - 0.034 * i - 0.05 * finding.down;
    const inner = 0.1 + 0.1 * between(random, 0, 1);
    const length = 0.1 + 0.09 * finding.severity;
    const tilt = between(random, -0.03, 0.03);
    drawSegment(
      mask,
      { x: MIDLINE + sign * inner, y: y + tilt },
      { x: MIDLINE + sign * (inner + length), y: y - tilt },
      { radius: 0.004 + 0.0045 * finding.severity, value: 0.5 + 0.45 * finding.severity, soft: 0.005 },
    );
  }
  forEachLungPixel(body, finding.side, (index) => fill(body, index, mask.data[index] ?? 0));
}
