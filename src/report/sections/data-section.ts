import { LABELS } from "../../labels/label.ts";
import { type Html, html } from "../html.ts";
import type { ReportCohort, ReportInput } from "../report-input.ts";
import { type Section, table } from "./section.ts";

/** The cohorts: counts, label shares, and what was left out and why. */
export function dataSection({ cohorts }: ReportInput): Section | null {
  if (cohorts.length === 0) return null;
  const share = ({ images }: ReportCohort, count: number | undefined): Html | string =>
    count === undefined || images === 0
      ? "–"
      : html`${count} <small>(${((100 * count) / images).toFixed(0)} %)</small>`;
  const labels = LABELS.filter((label) => cohorts.some(({ positives }) => positives[label] !== undefined));
  const excluded = cohorts.flatMap((cohort) =>
    cohort.excluded.map(({ reason, count }) => [cohort.name, reason, count] as const),
  );
  return {
    id: "data",
    title: "Data",
    body: html`${table(
      "Cohorts: images, patients, and positives of each label",
      ["Count", ...cohorts.map(({ name }) => name)],
      [
        ["Images", ...cohorts.map(({ images }) => images)],
        ["Patients", ...cohorts.map(({ patients }) => patients)],
        ["SHA-256 of the list", ...cohorts.map(({ hash }) => html`<code>${hash}</code>`)],
        ...labels.map((label) => [label, ...cohorts.map((cohort) => share(cohort, cohort.positives[label]))]),
      ],
    )}
${excluded.length === 0 ? null : table("Images left out", ["Cohort", "Reason", "Images"], excluded)}`,
  };
}
