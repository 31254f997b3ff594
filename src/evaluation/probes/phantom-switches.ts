import { drawExposure } from "../../datasets/phantom/draw-exposure.ts";
import { SHORTCUT_KINDS, type ShortcutKind } from "../../datasets/phantom/exposure.ts";
import { FORMATS } from "../../datasets/phantom/formats.ts";
import { planSite } from "../../datasets/phantom/plan-site.ts";
import { type PhantomSpec, renderPhantom } from "../../datasets/phantom/render-phantom.ts";
import type { PhantomSite, SiteStyle } from "../../datasets/phantom/site.ts";
import type { GreyImage } from "../../images/decode.ts";
import { randomStream } from "../../util/random.ts";

/**
 * A phantom's picture drawn again from the same patient with one thing about it changed.
 * - `retaken`: another exposure of the same style (grain, grey curve, pose, markers drawn anew). The null of the others.
 * - `style`: the exposure of another hospital's style, from the same random numbers.
 * - `view`: AP for PA; anatomy, breath, findings and exposure stay.
 * - `shortcut <kind>`: a planted mark there or not; nothing else changes.
 *
 * What is not switched: prevalence, convention and label noise, which are not in a picture.
 */
export const PHANTOM_SWITCHES = [
  "retaken",
  "style",
  "view",
  ...SHORTCUT_KINDS.map((kind) => `shortcut ${kind}` as const),
] as const;
export type PhantomSwitch = (typeof PHANTOM_SWITCHES)[number];

/** A frontal picture of a phantom hospital: how it was planned, and the names of its random streams. */
export interface PlannedPicture {
  readonly spec: PhantomSpec;
  readonly names: readonly (string | number)[];
}

/** A picture as its hospital drew it and with one thing changed, in the order in which the change is to be read. */
export interface SwitchedSpecs {
  /** PA, without the mark, or as drawn. */
  readonly before: PhantomSpec;
  readonly after: PhantomSpec;
}

/** The frontal pictures of a phantom hospital by their ids, planned as they were when it was written. */
export function planPictures(
  site: PhantomSite,
  seed: number,
  images: number,
  size: number,
): Map<string, PlannedPicture> {
  const format = FORMATS[site.format];
  const context = { site, seed, size };
  const planned = new Map<string, PlannedPicture>();
  for (const patient of planSite(site, seed, images))
    for (const study of patient.studies)
      for (const image of study.images) {
        if (image.view === "lateral") continue;
        const names = [site.population, patient.index, study.index, image.index];
        planned.set(format.imageId(context, patient, study, image), { spec: image.spec, names });
      }
  return planned;
}

/**
 * The two pictures that one switch lies between.
 * @param style the site's own, and the one to switch to
 */
export function switchedSpecs(
  { spec, names }: PlannedPicture,
  what: PhantomSwitch,
  seed: number,
  style: { readonly own: SiteStyle; readonly other: SiteStyle },
): SwitchedSpecs {
  switch (what) {
    case "retaken": {
      const exposure = drawExposure(randomStream(seed, ...names, "exposure retaken"), style.own);
      return { before: spec, after: { ...spec, exposure } };
    }
    case "style": {
      const exposure = drawExposure(randomStream(seed, ...names, "exposure"), style.other);
      return { before: spec, after: { ...spec, exposure } };
    }
    case "view": {
      const seen = (view: "AP" | "PA"): PhantomSpec => ({ ...spec, posture: { ...spec.posture, view } });
      return { before: seen("PA"), after: seen("AP") };
    }
    default:
      return { before: { ...spec, shortcut: null }, after: { ...spec, shortcut: kindOf(what) } };
  }
}

function kindOf(what: PhantomSwitch): ShortcutKind {
  const kind = SHORTCUT_KINDS.find((candidate) => what === `shortcut ${candidate}`);
  if (kind === undefined) throw new Error(`phantom switches: ${what} plants nothing`);
  return kind;
}

/** Draws a picture as the engine takes it; without the JPEG's losses that a hospital's file may have. */
export function drawPicture(spec: PhantomSpec, size: number): GreyImage {
  const { width, height, data } = renderPhantom(spec, size);
  return { width, height, channels: 1, pixels: data };
}
