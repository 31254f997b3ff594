import { type Chest, floorAt, MIDLINE, topAt, wallAt } from "./chest.ts";
import { type Body, forEachLungPixel } from "./draw-body.ts";
import { smoothNoise } from "./fast-random.ts";
import type { Finding } from "./finding.ts";
import { rindMiddle } from "./finding-centre.ts";
import { smoothstep } from "./plane.ts";

/** Pneumothorax: outside a thin bright line there is air alone, darker than lung and without a vessel. */
export function drawPneumothorax(body: Body, chest: Chest, finding: Finding): void {
  const depth = 0.032 + 0.1 * finding.severity;
  const reach = 0.3 + 0.7 * finding.severity;
  const height = chest.dome[finding.side] - chest.apex;
  forEachLungPixel(body, finding.side, (index, x, y) => {
    const distance = Math.abs(x - MIDLINE);
    const t = (y - chest.apex) / height;
    // Depth from the chest wall and from the top, whichever is nearer.
    const fromWall = Math.min(wallAt(chest, y) - distance, (y - topAt(chest, distance)) * 1.1);
    const here = depth * smoothstep(reach + 0.35, reach * 0.4, t);
    const inside = here - fromWall;
    if (inside > -0.012) {
      const line = Math.exp(-((inside / 0.0042) ** 2));
      const beyond = smoothstep(0, 0.006, inside);
      const air = body.air.data[index] ?? 1;
      body.air.data[index] = air + (1.22 - air) * beyond;
      body.vessels.data[index] = (body.vessels.data[index] ?? 0) * (1 - beyond);
      body.bones.data[index] = (body.bones.data[index] ?? 0) + 0.13 * line * smoothstep(0.004, 0.012, here);
    } else {
      // What is left of the lung is a little denser.
      body.air.data[index] = (body.air.data[index] ?? 1) * (1 - 0.1 * finding.severity);
    }
  });
}

/** Pleural Effusion: fluid over the diaphragm, its edge rising towards the wall. */
export function drawEffusion(body: Body, chest: Chest, finding: Finding): void {
  const rise = 0.034 + 0.26 * finding.severity ** 1.4;
  forEachLungPixel(body, finding.side, (index, x, y) => {
    const distance = Math.abs(x - MIDLINE);
    const angle = floorAt(chest, finding.side, chest.anatomy.chest * 0.97);
    const out = Math.min(1, distance / wallAt(chest, y));
    const level = angle - rise * (0.42 + 0.58 * out ** 5);
    const fluid = smoothstep(-0.02, 0.014, y - level);
    if (fluid === 0) return;
    body.air.data[index] = (body.air.data[index] ?? 1) * (1 - 0.97 * fluid);
    body.tissue.data[index] = (body.tissue.data[index] ?? 0) + 0.09 * fluid;
  });
}

/** Pleural Other: a thickened, uneven rind along the wall of the middle and upper zones, with calcified spots. */
export function drawThickening(body: Body, chest: Chest, finding: Finding): void {
  const uneven = smoothNoise(finding.seed, 16);
  const height = chest.dome[finding.side] - chest.apex;
  const middle = rindMiddle(chest, finding);
  const half = 0.22 + 0.16 * finding.severity;
  const thick = 0.011 + 0.029 * finding.severity;
  forEachLungPixel(body, finding.side, (index, x, y) => {
    const distance = Math.abs(x - MIDLINE);
    const along = smoothstep(half, half * 0.7, Math.abs(y - middle) / height);
    if (along === 0) return;
    const fromWall = Math.min(wallAt(chest, y) - distance, y - topAt(chest, distance));
    const lumpy = thick * (0.55 + 0.9 * uneven(x * 0.2, y)) * along;
    const inside = smoothstep(-0.004, 0.004, lumpy - fromWall);
    if (inside === 0) return;
    body.air.data[index] = (body.air.data[index] ?? 1) * (1 - 0.9 * inside);
    const chalk = smoothstep(0.62, 0.8, uneven(y * 3.1 - Math.floor(y * 3.1), x));
    body.bones.data[index] = (body.bones.data[index] ?? 0) + 0.12 * inside * chalk * finding.severity;
  });
}
