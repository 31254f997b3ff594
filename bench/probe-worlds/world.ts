import type { ShortcutKind } from "../../src/datasets/phantom/exposure.ts";
import type { FindingLabel } from "../../src/datasets/phantom/finding.ts";
import type { PhantomSite, PlantedShortcut, SiteStyle } from "../../src/datasets/phantom/site.ts";
import {
  CHEXPERT_STYLE,
  MIMIC_STYLE,
  PHANTOM_MIMIC,
  READER_CONVENTION,
  READER_NOISE,
  REPORT_CONVENTION,
  TRUTH_CONVENTION,
} from "../../src/datasets/phantom/sites.ts";

/**
 * What is planted, and how often it stands beside its finding, and without it. A corner's marker and a contrast were not
 * learnt in worlds tried before; nothing is claimed of them.
 */
const PLANTED = {
  "border strong": { kind: "border", whenPresent: 0.95, whenAbsent: 0.02 },
  "border middle": { kind: "border", whenPresent: 0.8, whenAbsent: 0.15 },
  "device strong": { kind: "device", whenPresent: 0.95, whenAbsent: 0.02 },
} as const;

/** A mark that goes with nothing. */
const DECOY = { whenPresent: 0.5, whenAbsent: 0.5 } as const;
/** Findings that a mark is planted beside, which the model finds hard to see; taken in turn. */
const MARKED: readonly FindingLabel[] = ["Lung Lesion", "Fracture", "Pneumonia", "Atelectasis"];

/** Marks that go with nothing, taken in turn. */
const DECOYS: readonly ShortcutKind[] = ["border", "device"];

/**
 * What sets a world's training hospital apart from the hospital that its model is tested on, one thing at a time: nothing,
 * a mark that goes with nothing, the style, the convention, or a mark that goes with a finding.
 */
export const WORLD_KINDS = [
  "none",
  "decoy",
  "style",
  "convention",
  "border strong",
  "border middle",
  "device strong",
] as const;
export type WorldKind = (typeof WORLD_KINDS)[number];

/** A training hospital and the one its model is tested on, patients of its own in each world. */
export interface World {
  readonly seed: number;
  /** Planted, or a decoy. */
  readonly mark: { readonly kind: ShortcutKind; readonly label: FindingLabel } | null;
  readonly home: PhantomSite;
  readonly away: PhantomSite;
  /** The test hospital's style, and the training hospital's, which the style switch puts in its place. */
  readonly styles: { readonly own: SiteStyle; readonly other: SiteStyle };
}

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

export const isPlanted = (kind: WorldKind): boolean => kind in PLANTED;

/** World number `index` of a kind. Labels take turns. */
export function makeWorld(kind: WorldKind, index: number): World {
  const label = MARKED[index % MARKED.length] as FindingLabel;
  const home = { ...PLAIN, name: "home", population: `${kind} ${index}, home` };
  const away = { ...PLAIN, name: "away", population: `${kind} ${index}, away` };
  const styles = { own: MIMIC_STYLE, other: MIMIC_STYLE };
  const world = { seed: index, mark: null, home, away, styles };
  const marked = (shortcut: PlantedShortcut) => ({
    ...world,
    mark: { kind: shortcut.kind, label },
    home: { ...home, shortcut },
  });
  switch (kind) {
    case "none":
      return world;
    case "decoy": {
      const decoy = DECOYS[Math.floor(index / MARKED.length) % DECOYS.length] as ShortcutKind;
      return marked({ kind: decoy, label, ...DECOY });
    }
    case "style":
      return {
        ...world,
        away: { ...away, style: CHEXPERT_STYLE },
        styles: { own: CHEXPERT_STYLE, other: MIMIC_STYLE },
      };
    case "convention":
      return {
        ...world,
        home: { ...home, convention: REPORT_CONVENTION },
        away: { ...away, convention: READER_CONVENTION },
      };
    default:
      return marked({ label, ...PLANTED[kind] });
  }
}
