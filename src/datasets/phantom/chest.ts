import type { Anatomy } from "./anatomy.ts";
import type { Finding, FindingLabel, Side } from "./finding.ts";

/** The frontal view of one exposure, as far as it changes shapes. */
export interface Posture {
  readonly view: "AP" | "PA";
  /** In [0, 1]: 1 a full breath; less lifts the diaphragm. */
  readonly breath: number;
}

/** The outlines of one chest at one exposure: anatomy, posture and the findings that move outlines. */
export interface Chest {
  readonly anatomy: Anatomy;
  readonly apex: number;
  /** Height of the dome of each side. */
  readonly dome: Readonly<Record<Side, number>>;
  readonly heart: { x: number; y: number; long: number; short: number; tilt: number };
  /** Half width of the upper mediastinum, and sideways shift of its middle. */
  readonly mediastinum: number;
  readonly knob: number;
  readonly shift: number;
  readonly hilum: number;
}

/** The picture's left is the patient's right. */
export const SIGN: Readonly<Record<Side, 1 | -1>> = { right: -1, left: 1 };
export const SIDES: readonly Side[] = ["right", "left"];
export const MIDLINE = 0.5;

/** An AP exposure throws the heart, which lies in front, larger onto the plate. */
const AP_HEART = 1.06;
/** An enlarged heart's ratio: 0.475 at severity 0, 0.62 at 1 (a ratio over 0.5 is called enlarged). */
const WIDE_HEART = { faint: 0.475, full: 0.62 };
/** What an enlarged mediastinum adds to the half width. */
const WIDE_MEDIASTINUM = { faint: 0.006, full: 0.05 };
/** How far atelectasis lifts the dome, and draws the mediastinum to its side. */
const COLLAPSE_LIFT = 0.075;
const COLLAPSE_SHIFT = 0.022;
/** How far a shallow breath lifts the diaphragm. */
const BREATH_LIFT = 0.07;

/** Lays out a chest. */
export function layOutChest(anatomy: Anatomy, posture: Posture, findings: readonly Finding[]): Chest {
  const find = (label: FindingLabel): Finding | undefined => findings.find((f) => f.label === label);
  const heart = find("Cardiomegaly");
  const wide = find("Enlarged Cardiomediastinum");
  const collapse = find("Atelectasis");
  const lift = BREATH_LIFT * (1 - posture.breath);
  const collapseLift = (side: Side): number =>
    collapse?.side === side ? COLLAPSE_LIFT * collapse.severity : 0;
  const ratio =
    (heart ? WIDE_HEART.faint + (WIDE_HEART.full - WIDE_HEART.faint) * heart.severity : anatomy.heartRatio) *
    (posture.view === "AP" ? AP_HEART : 1);
  const shift = anatomy.lean + (collapse ? SIGN[collapse.side] * COLLAPSE_SHIFT * collapse.severity : 0);
  const dome = {
    right: anatomy.dome - lift - collapseLift("right"),
    left: anatomy.dome + anatomy.leftDrop - lift - collapseLift("left"),
  };
  const width = ratio * 2 * anatomy.chest;
  const tilt = anatomy.heartTilt;
  // The long axis such that the tilted ellipse is `width` wide.
  const long = width / 2 / Math.hypot(Math.cos(tilt), anatomy.heartShape * Math.sin(tilt));
  const short = long * anatomy.heartShape;
  const height = Math.hypot(long * Math.sin(tilt), short * Math.cos(tilt));
  return {
    anatomy,
    apex: anatomy.apex,
    dome,
    heart: {
      x: MIDLINE + shift + width * (heart ? 0.2 : 0.18),
      y: anatomy.dome + anatomy.leftDrop - lift + 0.035 - height * 0.9,
      long,
      short,
      tilt,
    },
    mediastinum:
      anatomy.mediastinum +
      (wide ? WIDE_MEDIASTINUM.faint + (WIDE_MEDIASTINUM.full - WIDE_MEDIASTINUM.faint) * wide.severity : 0),
    knob: anatomy.knob * (wide ? 1 + 0.8 * wide.severity : 1),
    shift,
    hilum: anatomy.apex + 0.29,
  };
}

/** Half the inner width of the chest at a height. */
export function wallAt(chest: Chest, y: number): number {
  const t = Math.min(1, Math.max(0, (y - chest.apex) / 0.52));
  return chest.anatomy.chest * (0.66 + 0.34 * Math.sin((t * Math.PI) / 2));
}

/** The lung's upper edge at a distance from the midline. */
export function topAt(chest: Chest, distance: number): number {
  const r = distance / chest.anatomy.chest;
  return r < 0.4
    ? chest.apex + 0.13 * ((0.4 - r) / 0.4) ** 2
    : chest.apex + 0.3 * Math.min(1, (r - 0.4) / 0.55) ** 2.4;
}

/** The diaphragm at a distance from the midline. */
export function floorAt(chest: Chest, side: Side, distance: number): number {
  const r = distance / chest.anatomy.chest;
  const outward = Math.max(0, r - 0.45) / 0.55;
  const inward = Math.max(0, 0.45 - r) / 0.45;
  return chest.dome[side] + chest.anatomy.domeDepth * outward ** 2.2 + 0.03 * inward * inward;
}

/**
 * Half the width of the mediastinum on a side. Above the hilum the great vessels; below it, the line that runs from
 * the pulmonary trunk into the border of the heart.
 */
export function mediastinumAt(chest: Chest, side: Side, y: number): number {
  const { apex, mediastinum, knob, hilum, heart } = chest;
  const fromKnob = (y - apex - 0.16) / 0.035;
  const upper = mediastinum + (side === "left" ? knob * Math.exp(-fromKnob * fromKnob) : 0);
  // The heart's border on this side, and how much of it the slope above the heart takes up.
  const border = SIGN[side] * (heart.x - MIDLINE - chest.shift) + heart.long * 0.97;
  const lower = chest.anatomy.mediastinum * 0.9 + Math.max(0, border - chest.anatomy.mediastinum) * 0.62;
  const t = Math.min(1, Math.max(0, (y - hilum + 0.03) / (heart.y - hilum + 0.03)));
  const neck = Math.min(1, Math.max(0, (y - apex + 0.05) / 0.12));
  return (upper + (lower - upper) * t ** 1.6) * (0.75 + 0.25 * neck) + SIGN[side] * chest.shift;
}
