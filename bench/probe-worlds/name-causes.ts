import type { ConventionOutcome, ConventionProbe } from "../../src/evaluation/probes/convention-probe.ts";
import { learnedOutcome } from "../../src/evaluation/probes/learned-changes.ts";
import type { SwitchProbe } from "../../src/evaluation/probes/shortcut-probe.ts";
import type { Label } from "../../src/labels/label.ts";

/**
 * What the probes' own outcomes name as causes. Fixed before the worlds were trained that the table counts.
 * - a mark, the style or the view, each beside a label: under that switch patients gain the label (or lose it, under style
 *   and view) more often than they did in the model before training, with the outcome `learned`;
 * - convention: in at least two more pairs of the hierarchy the model follows the training labeler than follows the truth.
 */
export interface NamedCauses {
  readonly marks: readonly { readonly kind: string; readonly label: Label }[];
  readonly style: readonly Label[];
  readonly view: readonly Label[];
  readonly convention: "named" | "not named";
}

/** What a switch does to a label's share, against the model before training. */
export interface Reaction {
  readonly what: string;
  readonly label: Label;
  readonly patients: number;
  readonly more: number;
  readonly less: number;
  readonly holm: number;
}

/** Pairs by which the labeler must lead: where both hospitals had one convention, one pair seemed to in every sixth world. */
const LEAST_PAIRS = 2;
const MARK = "shortcut ";

export function reactionsOf(switches: readonly SwitchProbe[]): Reaction[] {
  return switches.flatMap(({ what, learned }) =>
    (learned ?? []).map(({ label, patients, more, less, holm }) => ({
      what,
      label,
      patients,
      more,
      less,
      holm,
    })),
  );
}

export function nameCauses(
  reactions: readonly Reaction[],
  conventions: readonly ConventionOutcome[],
): NamedCauses {
  const large = reactions.filter((reaction) => learnedOutcome(reaction, reaction.holm) === "learned");
  const labelsUnder = (switched: string) =>
    large.filter(({ what }) => what === switched).map(({ label }) => label);
  const count = (outcome: ConventionOutcome) => conventions.filter((other) => other === outcome).length;
  return {
    marks: large
      .filter(({ what, more, less }) => what.startsWith(MARK) && more > less)
      .map(({ what, label }) => ({ kind: what.slice(MARK.length), label })),
    style: labelsUnder("style"),
    view: labelsUnder("view"),
    convention:
      count("follows training labeler") - count("follows truth") >= LEAST_PAIRS ? "named" : "not named",
  };
}

/** The outcomes of the hierarchy's pairs. */
export function conventionsOf({ implications }: ConventionProbe): ConventionOutcome[] {
  return implications.filter(({ because }) => because === "hierarchy").map(({ outcome }) => outcome);
}
