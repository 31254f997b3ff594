import { html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, type Section, table } from "./section.ts";

/** Why answers could not be read. */
export function failuresSection(input: ReportInput): Section {
  const rows = input.evaluations.flatMap((evaluation) =>
    evaluation.failures.map(({ reason, count }) => ({
      evaluation,
      reason,
      count,
      rate: evaluation.failureReasons.find((entry) => entry.reason === reason)?.rate,
    })),
  );
  const body =
    rows.length === 0
      ? html`<p>Every answer could be read.</p>`
      : table(
          "Failed answers by reason",
          ["Reader", "Hospital", "Reason", "Answers", "Share of all answers"],
          rows.map(({ evaluation, reason, count, rate }) => [
            modelName(input, evaluation.model),
            hospitalName(input, evaluation.data),
            reason,
            `${count} of ${evaluation.n}`,
            rate === undefined ? "" : estimateCell(rate),
          ]),
        );
  return { id: "failures", title: "Answers that could not be read", body };
}
