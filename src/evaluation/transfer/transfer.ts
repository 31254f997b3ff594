import type { Label } from "../../labels/label.ts";
import type { Estimate } from "../interval.ts";
import type { LabelContribution } from "./contributions.ts";
import type { HospitalRole } from "./hospital-role.ts";
import type { Measure, PerMeasure } from "./measures.ts";
import type { Choice } from "./patient-use.ts";
import type { Verdict } from "./verdict.ts";

/** A change of a measure, from one hospital to another or from one model to the next. */
export interface Change {
  /** after - before. */
  readonly absolute: Estimate;
  /** after / before - 1. */
  readonly relative: Estimate;
}

/** One model at home and away. */
export interface MatrixRow {
  readonly model: string;
  readonly home: PerMeasure<Estimate>;
  readonly away: PerMeasure<Estimate>;
  /** From home to away. `all` is the drop as printed, over unmatched labels. */
  readonly drop: PerMeasure<Change>;
  /**
   * home `matched` - home `all`: the part of the printed drop that comes from scoring other labels, at the same hospital.
   * The printed drop is this plus the matched one.
   */
  readonly labelSetEffect: Estimate;
}

/** Every model at a home and an away hospital. */
export interface TransferPair {
  readonly home: string;
  readonly away: string;
  readonly labels: {
    readonly home: readonly Label[];
    readonly away: readonly Label[];
    readonly matched: readonly Label[];
    readonly frequent: readonly Label[];
    /** What `common-prevalence` puts each label at. A matched label that is not here has no rates at one of the two. */
    readonly prevalences: readonly { readonly label: Label; readonly prevalence: number }[];
  };
  readonly rows: readonly MatrixRow[];
}

/** What became of an `inconclusive` verdict. */
export type Inconclusive =
  | {
      /** The intervals are too wide (or lie beyond every rule). */
      readonly kind: "too wide";
      /** Patients that would settle it with probability 0.8, see `settlingFactor`; null where no number would. */
      readonly patients: { readonly home: number; readonly away: number } | null;
    }
  | {
      /** The intervals hold patients and seeds: no count of either alone is known to settle it. */
      readonly kind: "too wide over seeds";
      readonly seeds: number;
    }
  | {
      /** A recipe is judged by at least five seeds. */
      readonly kind: "too few seeds";
      readonly seeds: number;
      readonly needed: number;
    }
  | {
      /** Numbers without patients, as a paper prints them. */
      readonly kind: "no interval";
    };

/** From one model to the next, at home and away. */
export interface TransferContrast {
  readonly from: string;
  readonly to: string;
  readonly home: string;
  readonly away: string;
  readonly verdict: Verdict;
  /** Null unless the verdict is `inconclusive`. */
  readonly inconclusive: Inconclusive | null;
  /** What the verdict was read from: the differences of `matched` at the level that Holm left to it. */
  readonly read: { readonly level: number; readonly home: Estimate; readonly away: Estimate };
  /** Every measure's change, at the plain level. */
  readonly changes: PerMeasure<{ readonly home: Change; readonly away: Change }>;
  /** Each label's part in the change of `all` at home, and of `matched` at home and away. */
  readonly contributions: {
    readonly homeAll: readonly LabelContribution[];
    readonly homeMatched: readonly LabelContribution[];
    readonly awayMatched: readonly LabelContribution[];
  };
}

/**
 * The study's last model against a model from elsewhere, on the same patients at home and away. It has no verdict: no step
 * of training leads from the one to the other, and it takes nothing from the level of those that have one.
 */
export interface ElsewhereContrast {
  /** The model from elsewhere. */
  readonly from: string;
  readonly to: string;
  readonly home: string;
  readonly away: string;
  /** `to` minus `from`, every measure, at the plain level. */
  readonly changes: TransferContrast["changes"];
}

/** What a verdict speaks of. */
export type Scope =
  /** These checkpoints: patients are drawn, the training is not. */
  | { readonly kind: "two checkpoints" }
  /** The recipe: patients and seeds. */
  | { readonly kind: "recipe"; readonly seeds: readonly number[] }
  /** Printed numbers: no patients. */
  | { readonly kind: "printed numbers"; readonly source: string };

/** The answer of `chexreason transfer`. */
export interface Transfer {
  readonly schema: "chexreason.transfer/1";
  readonly subject: string;
  readonly scope: Scope;
  /** What verdicts rest on. */
  readonly measure: Measure;
  /** The margin that verdicts were read with. */
  readonly delta: number;
  /** The margin that was declared beforehand; null where none was. Verdicts with another were not announced. */
  readonly declaredDelta: number | null;
  /** Of the matrix and the changes; each verdict names the level that it was read at. */
  readonly interval: {
    readonly method: "percentile bootstrap over patients" | "t over seeds, with patients" | "none";
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
  };
  readonly hospitals: readonly {
    readonly name: string;
    readonly role: HospitalRole;
    readonly images: number | null;
    readonly patients: number | null;
    readonly labels: readonly Label[];
  }[];
  readonly pairs: readonly TransferPair[];
  readonly contrasts: readonly TransferContrast[];
  /** One a model from elsewhere and away hospital. */
  readonly elsewhere: readonly ElsewhereContrast[];
  /** The study's models in the order they were made, each trained from the one before; empty for printed numbers. */
  readonly lineage: readonly string[];
  /** What was picked as the best of several, on patients that no verdict rests on. */
  readonly choices: readonly Choice[];
  /** Remarks on numbers taken from elsewhere, e.g. where a printed mean is not the mean of its row. */
  readonly notes: readonly string[];
}

/** The verdict on a recipe, and on the checkpoints of each of its trainings. */
export interface RecipeTransfer extends Transfer {
  /** One a seed, each of scope "two checkpoints"; empty where the whole has that scope itself. */
  readonly trainings: readonly { readonly seed: number; readonly transfer: Transfer }[];
}
