import type { Anatomy } from "./anatomy.ts";
import type { Chest } from "./chest.ts";
import { layOutChest, type Posture } from "./chest.ts";
import { develop } from "./develop.ts";
import { type Body, drawBody, emptyBody } from "./draw-body.ts";
import { drawBones } from "./draw-bones.ts";
import { drawDevices } from "./draw-devices.ts";
import {
  drawAtelectasis,
  drawConsolidation,
  drawEdema,
  drawLesion,
  drawOpacity,
  drawPneumonia,
} from "./draw-lung-findings.ts";
import { drawEffusion, drawPneumothorax, drawThickening } from "./draw-pleura.ts";
import { drawVessels } from "./draw-vessels.ts";
import type { Exposure, ShortcutKind } from "./exposure.ts";
import type { Finding, FindingLabel } from "./finding.ts";

/** All that a picture depends on: change one field, and only what it means changes. */
export interface PhantomSpec {
  readonly anatomy: Anatomy;
  readonly posture: Posture;
  readonly findings: readonly Finding[];
  readonly exposure: Exposure;
  readonly shortcut: ShortcutKind | null;
}

/** An 8-bit grey picture, row by row. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** How strongly a full lung of air lowers the attenuation. */
const AIR = 0.42;

type DrawFinding = (body: Body, chest: Chest, finding: Finding) => void;

/** What each finding draws into the lungs. A wide heart or mediastinum is in the layout, a fracture in the bones. */
const DRAW: Partial<Record<FindingLabel, DrawFinding>> = {
  "Lung Opacity": drawOpacity,
  Edema: drawEdema,
  Pneumonia: drawPneumonia,
  Consolidation: drawConsolidation,
  Atelectasis: drawAtelectasis,
  "Lung Lesion": drawLesion,
  Pneumothorax: drawPneumothorax,
  "Pleural Effusion": drawEffusion,
  "Pleural Other": drawThickening,
  "Support Devices": drawDevices,
};
/** The order in which they are drawn: free air clears what lies in it, fluid and rind lie over all. */
const ORDER = Object.keys(DRAW) as FindingLabel[];

/**
 * Draws a radiograph, `size` pixels square. A pure function: the same spec and size give the same bytes. Outlines
 * scale with the size; grain and blur are per pixel.
 */
export function renderPhantom(spec: PhantomSpec, size: number): GreyImage {
  const chest = layOutChest(spec.anatomy, spec.posture, spec.findings);
  const body = emptyBody(size);
  drawBody(body, chest);
  drawVessels(body, chest);
  drawBones(
    body,
    chest,
    spec.findings.find((finding) => finding.label === "Fracture"),
  );
  for (const label of ORDER) {
    for (const finding of spec.findings) if (finding.label === label) DRAW[label]?.(body, chest, finding);
  }
  const attenuation = new Float32Array(size * size);
  for (let i = 0; i < attenuation.length; i++) {
    const lung = body.lung.data[i] ?? 0;
    const air = body.air.data[i] ?? 0;
    attenuation[i] =
      (body.tissue.data[i] ?? 0) -
      AIR * lung * air +
      (body.vessels.data[i] ?? 0) * lung * Math.min(1, air) +
      (body.bones.data[i] ?? 0) +
      (body.devices.data[i] ?? 0);
  }
  return { width: size, height: size, data: develop(attenuation, size, spec.exposure, spec.shortcut) };
}
