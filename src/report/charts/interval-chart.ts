import type { Estimate } from "../../evaluation/interval.ts";
import { formatEstimate } from "../format-estimate.ts";
import type { Html } from "../html.ts";
import { renderChart } from "./render-chart.ts";

export interface IntervalRow {
  readonly name: string;
  /** Trivial readers are drawn hollow and grey. */
  readonly kind: "trained" | "trivial";
  readonly estimate: Estimate;
}

const WIDTH = 300;
const ROW_HEIGHT = 26;

/** Values with their intervals, one row a model; a dashed rule marks the best trivial reader; axis to `highest`. */
export async function intervalChart(
  title: string,
  rows: readonly IntervalRow[],
  highest: number,
): Promise<Html> {
  const values = rows.flatMap(({ name, kind, estimate: { value, low, high } }) =>
    value === null ? [] : [{ name, kind, value, low: low ?? value, high: high ?? value }],
  );
  const best = Math.max(...values.filter(({ kind }) => kind === "trivial").map(({ value }) => value));
  const color = {
    field: "kind",
    type: "nominal" as const,
    legend: null,
    scale: { domain: ["trained", "trivial"], range: ["var(--series-1)", "var(--muted)"] },
  };
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    sort: rows.map(({ name }) => name),
    axis: { grid: false, domain: false, ticks: false, labelColor: "var(--ink)", labelPadding: 8 },
  };
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    title: null,
    scale: { domain: [0, highest] },
    axis: { tickCount: 5 },
  });
  return renderChart(
    {
      data: { values },
      title,
      width: WIDTH,
      height: { step: ROW_HEIGHT },
      layer: [
        ...(Number.isFinite(best)
          ? [
              {
                data: { values: [{ best }] },
                mark: { type: "rule" as const, strokeDash: [4, 3], color: "var(--muted)" },
                encoding: { x: x("best") },
              },
            ]
          : []),
        {
          mark: { type: "rule" as const, strokeWidth: 2 },
          encoding: { x: x("low"), x2: { field: "high" }, y, color },
        },
        {
          mark: { type: "point" as const, filled: true, size: 70, opacity: 1 },
          encoding: { x: x("value"), y, color },
        },
      ],
    },
    `${title}: ${rows.map(({ name, estimate }) => `${name} ${formatEstimate(estimate)}`).join("; ")}`,
  );
}
