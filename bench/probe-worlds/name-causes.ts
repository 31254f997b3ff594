import type { ConventionOutcome, ConventionProbe } from "../../src/evaluation/probes/convention-probe.ts";
import type { SwitchProbe } from "../../src/evaluation/probes/shortcut-probe.ts";
import type { Label } from "../../src/labels/label.ts";

/**
 * What the probes' own outcomes name as causes. Fixed before the worlds were trained that the table counts.
 * - a mark, the style or the view, each beside a label: under that switch patients gain the label more often than they did
 *   in the model before training, or (style and view) lose it more often; p after Holm over all labels and switches, 0.05;
 * - convention: in more pairs of the hierarchy the model follows the training labeler than follows the truth.
 */
export interface NamedCauses {
  readonly marks: readonly { readonly kind: string; readonly label: Label }[];
  readonly style: readonly Label[];
  readonly view: readonly Label[];
  readonly convention: "named" | "not named";
}

const ALPHA = 0.05;
const MARK = "shortcut ";

export function nameCauses(switches: readonly SwitchProbe[], convention: ConventionProbe): NamedCauses {
  const learned = switches.flatMap(({ what, learned }) =>
    (learned ?? []).filter(({ holm }) => holm <= ALPHA).map((change) => ({ what, ...change })),
  );
  const labelsUnder = (switched: string) =>
    learned.filter(({ what }) => what === switched).map(({ label }) => label);
  const outcomes = convention.implications
    .filter(({ because }) => because === "hierarchy")
    .map(({ outcome }) => outcome);
  const count = (outcome: ConventionOutcome) => outcomes.filter((other) => other === outcome).length;
  return {
    marks: learned
      .filter(({ what, more, less }) => what.startsWith(MARK) && more > less)
      .map(({ what, label }) => ({ kind: what.slice(MARK.length), label })),
    style: labelsUnder("style"),
    view: labelsUnder("view"),
    convention: count("follows training labeler") > count("follows truth") ? "named" : "not named",
  };
}
