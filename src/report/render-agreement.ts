import type { Agreement } from "../evaluation/agreement/agreement.ts";
import type { Measure } from "../evaluation/agreement/measure-agreement.ts";
import { RATINGS } from "../teacher/review/review.ts";
import { countText } from "../util/count-text.ts";
import { formatEstimate } from "./format-estimate.ts";

const HEAD = ["", "traces", "agreed", "kappa, asymptotic", "kappa, patients drawn"] as const;

/** Agreement as plain text: who has read how much, then a block for every two readers. */
export function renderAgreement(agreement: Agreement): string {
  const { traces, reviewed, readers, ofOtherTraces, weights } = agreement;
  const who = readers.map(({ reader, traces: n }) => `${reader} ${n}`).join(", ");
  const lines = [`${reviewed} of ${countText(traces, "trace")} reviewed${who === "" ? "" : `: ${who}`}`];
  if (ofOtherTraces > 0)
    lines.push(`${countText(ofOtherTraces, "review")} left out: of traces that are not among these`);
  if (agreement.outcome !== "agreement") {
    lines.push(`no kappa: ${WHY_NOT[agreement.outcome]}`);
    return `${lines.join("\n")}\n`;
  }
  for (const { readers: pair, traces: n, patients, decision, ratings } of agreement.pairs) {
    lines.push("", `${pair.join(" and ")}: ${countText(n, "trace")} of ${countText(patients, "patient")}`);
    const rows = [
      row("decision", decision),
      ...RATINGS.filter((rating) => ratings[rating].n > 0).map((rating) => row(rating, ratings[rating])),
    ];
    lines.push(...aligned([HEAD, ...rows]));
  }
  lines.push("", `ratings: ${WEIGHTED[weights]} kappa; decision: plain kappa`);
  return `${lines.join("\n")}\n`;
}

const WEIGHTED = { none: "plain", linear: "linearly weighted", quadratic: "quadratically weighted" } as const;

const WHY_NOT = {
  "no reviews": "nobody has reviewed these traces",
  "one reader": "one reader has nobody to agree with",
  "no trace read by two": "no trace was reviewed by two readers",
} as const;

function row(name: string, { n, share, kappa, bootstrap }: Measure): string[] {
  const agreed = formatEstimate(share);
  if (kappa.outcome === "undefined")
    return [name, String(n), agreed, `undefined: ${WHY_UNDEFINED[kappa.reason]}`, ""];
  return [name, String(n), agreed, formatEstimate(kappa), formatEstimate(bootstrap)];
}

const WHY_UNDEFINED = {
  "no items": "nothing rated by both",
  "one category": "both said the same of every trace",
} as const;

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    `  ${cells.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join("   ")}`.trimEnd(),
  );
}
