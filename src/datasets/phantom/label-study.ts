import { byLabel, type Label, type LabelRow, type LabelValue } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { FINDING_LABELS, type Finding, type FindingLabel, PATHOLOGY_LABELS } from "./finding.ts";
import type { Convention, LabelNoise } from "./site.ts";

const PARENTS = ["Enlarged Cardiomediastinum", "Lung Opacity"] as const;

/**
 * What a labeler of a convention writes about a study, with its errors. Errors come first (what is seen), then the
 * convention (how it is written). Every label takes its draws whatever it says, so a rate changes only what it names.
 */
export function labelStudy(
  findings: readonly Finding[],
  convention: Convention,
  noise: LabelNoise,
  seed: number,
  names: readonly (string | number)[],
): LabelRow {
  const seen = see(findings, noise, seed, names);
  const written = new Map<Label, LabelValue>();
  const random = randomStream(seed, ...names, "wording");
  for (const label of FINDING_LABELS) {
    const hedge = random.uniform();
    const absent = random.uniform();
    const severity = seen.get(label);
    if (severity === undefined) {
      written.set(
        label,
        absent < convention.negative ? 0 : absent < convention.negative + convention.doubt ? -1 : null,
      );
    } else {
      written.set(label, hedge < between(convention.hedge, severity) ? -1 : 1);
    }
  }
  for (const parent of PARENTS) implyParent(parent, written, convention, seed, names);
  const ruledOut = convention.noFinding === "no pathology" ? PATHOLOGY_LABELS : FINDING_LABELS;
  const clear = ruledOut.every((label) => written.get(label) !== 1 && written.get(label) !== -1);
  written.set("No Finding", clear ? 1 : convention.negative === 1 ? 0 : null);
  return byLabel((label) => written.get(label) ?? null);
}

/** The severity of what the labeler noticed, or invented, of each finding. */
function see(
  findings: readonly Finding[],
  noise: LabelNoise,
  seed: number,
  names: readonly (string | number)[],
): Map<FindingLabel, number> {
  const seen = new Map<FindingLabel, number>();
  const random = randomStream(seed, ...names, "error");
  for (const label of FINDING_LABELS) {
    const missed = random.uniform();
    const invented = random.uniform();
    const severity = findings.find((finding) => finding.label === label)?.severity;
    if (severity !== undefined) {
      if (missed >= between(noise.miss, severity)) seen.set(label, severity);
    } else if (invented < noise.invent) seen.set(label, 1);
  }
  return seen;
}

function implyParent(
  parent: (typeof PARENTS)[number],
  written: Map<Label, LabelValue>,
  convention: Convention,
  seed: number,
  names: readonly (string | number)[],
): void {
  const rates = convention.implied[parent] ?? {};
  const children = FINDING_LABELS.filter((label) => rates[label] !== undefined && written.get(label) === 1);
  if (children.length === 0) return;
  const random = randomStream(seed, ...names, "parent", parent);
  const rate = rates[random.pick(children)] ?? 0;
  written.set(parent, random.chance(rate) ? 1 : null);
}

function between(share: { readonly faint: number; readonly plain: number }, severity: number): number {
  return share.faint + (share.plain - share.faint) * severity;
}
