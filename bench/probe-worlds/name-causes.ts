import type { ConventionOutcome, ConventionProbe } from "../../src/evaluation/probes/convention-probe.ts";
import type { SwitchProbe } from "../../src/evaluation/probes/shortcut-probe.ts";
import type { Label } from "../../src/labels/label.ts";

/**
 * What the probes' own outcomes name as causes. Fixed before the worlds were trained that the table counts.
 * - a mark, the style or the view, each beside a label: under that switch patients gain the label (or lose it, under style
 *   and view) more often than they did in the model before training; p after Holm over all labels and switches 0.05 at
 *   most, and the surplus at least `LEAST_SHARE` of the patients;
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

const ALPHA = 0.05;
/**
 * A reaction smaller than this is not called a shortcut. Any training changes how a model takes a mark that it has not
 * met, and a test of "otherwise than before" finds that. In ten worlds without a mark, tried to set this, the largest surplus
 * was 0.33 of the patients; in five with a border planted it was 0.51 to 0.71, in eight with a device 0.05 to 0.54.
 */
const LEAST_SHARE = 0.4;
/** Pairs by which the training labeler must lead: where both hospitals had one convention, one pair seemed to in every sixth world. */
const LEAST_PAIRS = 2;
const MARK = "shortcut ";

export function reactionsOf(switches: readonly SwitchProbe[]): Reaction[] {
  return switches.flatMap(({ what, learned }) =>
    (learned ?? []).map(({ label, images, more, less, holm }) => ({
      what,
      label,
      patients: images,
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
  const large = reactions.filter(
    ({ holm, more, less, patients }) => holm <= ALPHA && Math.abs(more - less) >= LEAST_SHARE * patients,
  );
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
