import { SHORTCUT_KINDS, type ShortcutKind } from "../../src/datasets/phantom/exposure.ts";
import type { FindingLabel } from "../../src/datasets/phantom/finding.ts";
import type { PhantomSite, SiteStyle } from "../../src/datasets/phantom/site.ts";
import {
  CHEXPERT_STYLE,
  MIMIC_STYLE,
  PHANTOM_MIMIC,
  READER_CONVENTION,
  READER_NOISE,
  REPORT_CONVENTION,
  TRUTH_CONVENTION,
} from "../../src/datasets/phantom/sites.ts";

/** What sets a world's training hospital apart from the hospital that its model is tested on. One thing at a time. */
export const CAUSES = ["none", "decoy", "style", "convention", "mark"] as const;
export type Cause = (typeof CAUSES)[number];

/** How often a mark stands beside its finding, and without it. */
export const STRENGTHS = {
  strong: { whenPresent: 0.95, whenAbsent: 0.02 },
  middle: { whenPresent: 0.8, whenAbsent: 0.15 },
} as const;
export type Strength = keyof typeof STRENGTHS;

/** A mark that goes with nothing. */
const DECOY = { whenPresent: 0.5, whenAbsent: 0.5 } as const;
/** Findings that a mark is planted beside; taken in turn. */
const MARKED: readonly FindingLabel[] = ["Pleural Effusion", "Pneumothorax", "Lung Lesion", "Fracture"];

/** A training hospital and the one its model is tested on, patients of its own in each world. */
export interface World {
  readonly name: string;
  readonly seed: number;
  readonly cause: Cause;
  readonly strength: Strength | null;
  readonly mark: { readonly kind: ShortcutKind; readonly label: FindingLabel } | null;
  readonly home: PhantomSite;
  readonly away: PhantomSite;
  /** The test hospital's style, and the one that the style switch puts in its place. */
  readonly styles: { readonly own: SiteStyle; readonly other: SiteStyle };
}

export type WorldKind = Exclude<Cause, "mark"> | `mark ${Strength}`;
export const WORLD_KINDS: readonly WorldKind[] = [
  "none",
  "decoy",
  "style",
  "convention",
  "mark strong",
  "mark middle",
];

/** How common these are at both hospitals: often enough that a few hundred pictures hold a hundred of each. */
const MARKED_PREVALENCE = 0.3;

const PLAIN: PhantomSite = {
  ...PHANTOM_MIMIC,
  prevalence: {
    ...PHANTOM_MIMIC.prevalence,
    ...Object.fromEntries(MARKED.map((label) => [label, MARKED_PREVALENCE])),
  },
  convention: TRUTH_CONVENTION,
  noise: READER_NOISE,
  secondFrontal: 0,
  laterals: 0,
};

/** World number `index` of a kind. Kinds of marks and labels take turns, so that every sixteen worlds hold each pair. */
export function makeWorld(kind: WorldKind, index: number): World {
  const name = `${kind} ${index}`;
  const mark = {
    kind: SHORTCUT_KINDS[index % SHORTCUT_KINDS.length] as ShortcutKind,
    label: MARKED[Math.floor(index / SHORTCUT_KINDS.length) % MARKED.length] as FindingLabel,
  };
  const home = { ...PLAIN, name: "home", population: `${name}, home` };
  const away = { ...PLAIN, name: "away", population: `${name}, away` };
  const styles = { own: MIMIC_STYLE, other: CHEXPERT_STYLE };
  const world = { name, seed: index, strength: null, mark: null, home, away, styles };
  switch (kind) {
    case "none":
      return { ...world, cause: kind };
    case "decoy":
      return { ...world, cause: kind, mark, home: { ...home, shortcut: { ...mark, ...DECOY } } };
    case "style":
      return {
        ...world,
        cause: kind,
        away: { ...away, style: CHEXPERT_STYLE },
        styles: { own: CHEXPERT_STYLE, other: MIMIC_STYLE },
      };
    case "convention":
      return {
        ...world,
        cause: kind,
        home: { ...home, convention: REPORT_CONVENTION },
        away: { ...away, convention: READER_CONVENTION },
      };
    default: {
      const strength = kind === "mark strong" ? "strong" : "middle";
      return {
        ...world,
        cause: "mark",
        strength,
        mark,
        home: { ...home, shortcut: { ...mark, ...STRENGTHS[strength] } },
      };
    }
  }
}
