import type { SubgroupGap, Subgroups, SubgroupTable } from "../../evaluation/subgroups/measure-subgroups.ts";
import type { SubgroupAxis } from "../../evaluation/subgroups/subgroup.ts";
import { type Html, html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, type Section, table } from "./section.ts";

const AXES: Readonly<Record<SubgroupAxis, string>> = {
  sex: "Sex",
  age: "Age in years",
  view: "View",
  device: "Support device in the truth",
};

/** The same readings by sex, age, view and device. */
export function subgroupsSection(input: ReportInput): Section | null {
  const [first] = input.subgroups;
  if (first === undefined) return null;
  const { comparedFrom, positivesFrom } = first.rule;
  const gaps = input.subgroups.flatMap((of) => of.axes.map((axis) => gapRow(input, of, axis)));
  return {
    id: "subgroups",
    title: "Subgroups",
    body: html`<p>Macro-F1 goes over the labels that have at least ${positivesFrom} positives in every compared group of
an axis, so that groups are compared on the same labels; Jaccard and failed answers over all. Groups of fewer than
${comparedFrom} patients, and of what the hospital's table does not state, are described and not compared. Groups differ in
how ill they are: a gap is not by itself the model's doing.</p>
${table(
  "The gap between the best and the worst group",
  ["Reader", "Hospital", "By", "Worst", "Best", "Gap in macro-F1", "Labels"],
  gaps,
)}
<p class="note">Which groups are best and worst is read off the same data, so the gap's interval is widened by the number of
pairs it was picked from (Bonferroni).</p>
${input.subgroups.map((of) => groupTable(input, of))}`,
  };
}

function gapRow(
  input: ReportInput,
  of: Subgroups,
  { axis, gap, labels }: SubgroupTable,
): (Html | string | number)[] {
  const head = [modelName(input, of.model), hospitalName(input, of.data), AXES[axis]];
  return gap.outcome === "gap"
    ? [...head, gap.worst, gap.best, estimateCell(gap.gap), labels.length]
    : [...head, "", "", WHY_NO_GAP[gap.outcome], labels.length];
}

const WHY_NO_GAP: Readonly<Record<Exclude<SubgroupGap["outcome"], "gap">, string>> = {
  alike: "all alike",
  "too few groups": "fewer than two groups to compare",
  "too few positives": "no label has enough positives in each",
};

function groupTable(input: ReportInput, of: Subgroups): Html {
  const title = `${modelName(input, of.model)} on ${hospitalName(input, of.data)}, by group`;
  return html`<details><summary>${title}</summary>
${table(
  title,
  ["By", "Group", "Images", "Patients", "Macro-F1", "Jaccard", "Failed answers", "Use"],
  of.axes.flatMap(({ axis, groups }) =>
    groups.map(({ name, images, patients, macroF1, jaccard, failureRate, use }) => [
      AXES[axis],
      name,
      images,
      patients,
      estimateCell(macroF1),
      estimateCell(jaccard),
      estimateCell(failureRate),
      use === "compared" ? "compared" : "described only",
    ]),
  ),
)}
<dl>${of.axes.map(({ axis, labels }) => html`<dt>${AXES[axis]}, labels of macro-F1:</dt><dd>${labels.join(", ") || "none"}</dd>`)}</dl>
</details>
`;
}
