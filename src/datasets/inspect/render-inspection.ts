import { LABELS } from "../../labels/label.ts";
import { countText } from "../../util/count-text.ts";
import { textTable } from "../../util/text-table.ts";
import { VIEWS } from "../record.ts";
import type { InspectReport } from "./inspect-report.ts";

/** Pairs of labels shown; the JSON has them all. */
const PAIRS = 10;

const THOUSANDS = new Intl.NumberFormat("en");
const number = (value: number): string => THOUSANDS.format(value);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What a table holds, as text for a terminal. */
export function renderInspection(report: InspectReport): string {
  const { images, studies, labels, findings } = report;
  const counted = images ?? studies ?? 0;
  const each = LABELS.map((label) => {
    const { positive, negative, uncertain, blank } = labels[label];
    // Of a label that no row speaks of, "0 %" would be a finding.
    if (blank === counted) return [label, "", "", "", "", number(blank)];
    const share = percent(positive / counted);
    return [label, number(positive), share, number(negative), number(uncertain), number(blank)];
  });
  const words = Object.entries(findings ?? {}).map(([word, count]) => [
    word,
    number(count),
    percent(count / counted),
  ]);
  return [
    ...headLines(report),
    "",
    ...textTable(["label", "positive", "share", "negative", "uncertain", "blank"], each),
    ...(words.length === 0 ? [] : ["", ...textTable(["in the hospital's words", "rows", "share"], words)]),
    ...pairLines(report),
    "",
  ].join("\n");
}

function headLines({ source, what, ...report }: InspectReport): string[] {
  const { images, studies, patients, frontal, rows, setAside, views, sex, age } = report;
  const lines = [`${source}: ${what}`];
  const whose = patients === null ? ", whose is not said" : ` of ${countText(patients, "patient")}`;
  const things = images === null ? countWord(studies ?? 0, "study", "studies") : countText(images, "image");
  lines.push(`${things}${whose}${frontal === null ? "" : `; ${number(frontal)} frontal`}`);
  const reasons = Object.entries(setAside).map(([reason, count]) => `${reason} ${number(count)}`);
  const counted = images ?? studies ?? 0;
  lines.push(
    `${countText(rows, "row")} = ${number(counted)} counted + ${number(rows - counted)} set aside` +
      (reasons.length === 0 ? "" : ` (${reasons.join(", ")})`),
  );
  if (views !== null) {
    const seen = VIEWS.filter((view) => views[view] > 0).map((view) => `${view} ${number(views[view])}`);
    lines.push(`views: ${seen.join(", ") || "none"}`);
  }
  if (sex.F + sex.M > 0)
    lines.push(`sex: F ${number(sex.F)}, M ${number(sex.M)}, unknown ${number(sex.unknown)}`);
  if (age.median !== null)
    lines.push(
      `age: median ${age.median} (quartiles ${age.q1} and ${age.q3}), ${age.min} to ${age.max}, unknown ${number(age.unknown)}`,
    );
  return lines;
}

function pairLines({ pairs }: InspectReport): string[] {
  if (pairs.length === 0) return [];
  const rows = pairs
    .slice(0, PAIRS)
    .map(({ labels, both, ofFirst, ofSecond, lift }) => [
      labels.join(" + "),
      number(both),
      percent(ofFirst),
      percent(ofSecond),
      lift.toFixed(2),
    ]);
  return ["", ...textTable(["together", "rows", "of the first", "of the second", "times chance"], rows)];
}

function countWord(count: number, one: string, many: string): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
