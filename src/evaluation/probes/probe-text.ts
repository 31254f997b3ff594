import { textTable } from "../../util/text-table.ts";
import type { Estimate } from "../interval.ts";
import type { AnswerChanges, LabelChange } from "./answer-changes.ts";
import type { ConventionProbe } from "./convention-probe.ts";
import type { LearnedOutcome } from "./learned-changes.ts";
import type { Probed, RegionProbe, SwitchProbe } from "./shortcut-probe.ts";

/** A convention probe as lines for a terminal. */
export function conventionLines(probe: ConventionProbe): string[] {
  const { implications, images, patients, failed, baseline } = probe;
  const rows = implications.map((one) => [
    `${one.antecedent} -> ${one.consequent}`,
    number(one.training.value),
    number(one.truth.value),
    interval(one.model),
    one.model.patients,
    one.outcome,
    ...(one.move === null ? [] : [interval(one.move.difference), one.move.outcome]),
  ]);
  const head = ["implication", "training", "truth", "answers", "patients", "it"];
  return [
    `conventions: ${images} images of ${patients} patients, ${failed} failed answers left out`,
    ...(rows.length === 0
      ? ["no implication between labels that both hospitals state"]
      : textTable(baseline === null ? head : [...head, `since ${baseline}`, "moved"], rows)),
  ];
}

/** Regions hidden, each beside the same shape elsewhere. */
export function regionLines(probes: readonly RegionProbe[]): string[] {
  const rows = probes.map(({ region, changes, elsewhere, excess, learned }) => [
    region,
    interval(changes.changed),
    interval(elsewhere.changed),
    excess?.outcome ?? "",
    labelText(changes),
    learnedText(learned),
  ]);
  return textTable(
    ["hidden", "answers changed", "hidden elsewhere", "it changes", "labels (gained/lost)", LEARNED],
    rows,
  ).slice();
}

/** Phantoms drawn again, beside the same patient taken again. */
export function switchLines(probes: readonly SwitchProbe[]): string[] {
  const rows = probes.map(({ what, changes, excess, learned }) => [
    what,
    interval(changes.changed),
    excess === null ? "(the null)" : interval(excess.difference),
    excess?.outcome ?? "",
    labelText(changes),
    learnedText(learned),
  ]);
  return textTable(
    ["switched", "answers changed", "more than retaken", "it changes", "labels (gained/lost)", LEARNED],
    rows,
  ).slice();
}

const LEARNED = "learned since the model before";

/** The labels that it does more, or less, to than in the model before, by a large share of the patients or by a smaller. */
function learnedText(learned: Probed["learned"]): string {
  if (learned === null) return "";
  const of = (wanted: LearnedOutcome): string =>
    learned
      .filter(({ outcome }) => outcome === wanted)
      .map(({ label, more, less }) => `${label} +${more}/-${less}`)
      .join(", ");
  const moved = of("moved");
  return `${of("learned") || "nothing"}${moved && ` (moved: ${moved})`}`;
}

/** Labels named in a line of the table, at most. */
const MOST_LABELS = 3;

/** The labels that changed most, those with a direction marked. */
function labelText({ labels }: AnswerChanges): string {
  const size = ({ gained, lost }: LabelChange): number => gained + lost;
  return labels
    .filter((change) => size(change) > 0)
    .sort((a, b) => size(b) - size(a))
    .slice(0, MOST_LABELS)
    .map(({ label, gained, lost, holm }) => `${label} +${gained}/-${lost}${holm <= 0.05 ? "*" : ""}`)
    .join(", ");
}

function interval({ value, low, high }: Estimate): string {
  return value === null ? "none" : `${number(value)} [${number(low)}, ${number(high)}]`;
}

function number(value: number | null): string {
  return value === null ? "none" : value.toFixed(2);
}
