import { type Chest, floorAt, MIDLINE, SIGN, topAt, wallAt } from "./chest.ts";
import type { Finding, FindingLabel, Side } from "./finding.ts";
import type { Point } from "./plane.ts";

/** A point inside a lung: `across` from the mediastinum to the wall, `down` from the top to the diaphragm. */
export function lungPoint(chest: Chest, side: Side, across: number, down: number): Point {
  const distance = chest.anatomy.chest * (0.38 + 0.44 * across);
  const top = topAt(chest, distance) + 0.03;
  const floor = floorAt(chest, side, distance) - 0.04;
  return { x: MIDLINE + SIGN[side] * distance, y: top + (floor - top) * down };
}

/** A lobe: its top and bottom as shares of the lung's height, and how its fissures slope. */
export interface Lobe {
  readonly top: number;
  readonly bottom: number;
  readonly tilt: number;
}

/** The lobes that a consolidation can fill. */
const LOBES: Readonly<Record<Side, readonly [Lobe, ...Lobe[]]>> = {
  right: [
    { top: -0.2, bottom: 0.42, tilt: 0.06 },
    { top: 0.44, bottom: 0.76, tilt: 0.04 },
    { top: 0.6, bottom: 1.3, tilt: -0.12 },
  ],
  left: [
    { top: -0.2, bottom: 0.5, tilt: -0.05 },
    { top: 0.55, bottom: 1.3, tilt: -0.12 },
  ],
};

/** The lobe of a consolidation. */
export function lobeOf(finding: Finding): Lobe {
  const lobes = LOBES[finding.side];
  return lobes[Math.floor(finding.down * lobes.length)] ?? lobes[0];
}

const OUTER = 0.8;

/** Where each finding is centred, in the anatomical frame; for those drawn over an area, a point in its middle. */
const CENTRE: Readonly<Record<FindingLabel, (chest: Chest, finding: Finding) => Point>> = {
  "Enlarged Cardiomediastinum": (chest) => ({ x: MIDLINE + chest.shift, y: chest.apex + 0.18 }),
  Cardiomegaly: ({ heart }) => ({ x: heart.x, y: heart.y }),
  "Lung Opacity": (chest, f) => lungPoint(chest, f.side, 0.2 + 0.5 * f.across, 0.12 + 0.7 * f.down),
  "Lung Lesion": (chest, f) => lungPoint(chest, f.side, f.across, 0.08 + 0.84 * f.down),
  Edema: (chest) => ({ x: MIDLINE, y: chest.hilum + 0.08 }),
  Consolidation: (chest, f) => {
    const { top, bottom } = lobeOf(f);
    return lungPoint(chest, f.side, 0.5, (Math.max(0, top) + Math.min(1, bottom)) / 2);
  },
  Pneumonia: (chest, f) => lungPoint(chest, f.side, 0.15 + 0.6 * f.across, 0.35 + 0.55 * f.down),
  Atelectasis: (chest, f) => lungPoint(chest, f.side, 0.3, 0.88),
  Pneumothorax: (chest, f) => atWall(chest, f.side, chest.apex + 0.15),
  "Pleural Effusion": (chest, f) => ({
    x: MIDLINE + SIGN[f.side] * OUTER * chest.anatomy.chest,
    y: floorAt(chest, f.side, OUTER * chest.anatomy.chest),
  }),
  "Pleural Other": (chest, f) => atWall(chest, f.side, rindMiddle(chest, f)),
  Fracture: (chest, f) => lungPoint(chest, f.side, 0.5, 0.2 + 0.5 * f.down),
  "Support Devices": (chest) => ({ x: MIDLINE, y: chest.apex + 0.15 }),
};

/** The height at which a pleural rind is thickest. */
export function rindMiddle(chest: Chest, finding: Finding): number {
  return chest.apex + (0.25 + 0.3 * finding.down) * (chest.dome[finding.side] - chest.apex);
}

function atWall(chest: Chest, side: Side, y: number): Point {
  return { x: MIDLINE + SIGN[side] * (wallAt(chest, y) - 0.02), y };
}

/** The middle of a finding in the anatomical frame, both coordinates as shares of the picture's side. */
export function findingCentre(chest: Chest, finding: Finding): Point {
  return CENTRE[finding.label](chest, finding);
}
