import type { Estimate } from "../../evaluation/interval.ts";
import type { Label } from "../../labels/label.ts";
import { formatEstimate } from "../format-estimate.ts";
import type { Html } from "../html.ts";
import { renderChart, SERIES } from "./render-chart.ts";

/** A reader's score of each label. */
export interface LabelF1Series {
  readonly name: string;
  readonly labels: readonly { readonly label: Label; readonly mark: string; readonly f1: Estimate }[];
}

const WIDTH = 420;
/** Height of one reader's line, in pixels. */
const LINE = 11;
const BETWEEN = 0.3;

/** F1 of each label with its interval, readers below each other; `mark` stands behind a label's name. */
export async function labelF1Chart(title: string, series: readonly LabelF1Series[]): Promise<Html> {
  const names = series.map(({ name }) => name);
  const rows = series.flatMap(({ name, labels }) =>
    labels.flatMap(({ label, mark, f1: { value, low, high } }) =>
      value === null
        ? []
        : [{ name, label: `${label}${mark}`, value, low: low ?? value, high: high ?? value }],
    ),
  );
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    title: null,
    scale: { domain: [0, 1] },
    axis: { tickCount: 5 },
  });
  const shared = {
    y: {
      field: "label",
      type: "nominal" as const,
      title: null,
      sort: [...new Set(rows.map(({ label }) => label))],
      scale: { paddingInner: BETWEEN, paddingOuter: BETWEEN / 2 },
      axis: {
        grid: true,
        domain: false,
        ticks: false,
        labelColor: "var(--ink)",
        labelPadding: 8,
        labelLimit: 0,
      },
    },
    yOffset: { field: "name", type: "nominal" as const, sort: names, scale: { domain: names } },
    color: {
      field: "name",
      type: "nominal" as const,
      scale: { domain: names, range: names.map((_, index) => SERIES[index % SERIES.length] ?? "") },
      ...(names.length > 1 ? {} : { legend: null }),
    },
  };
  return renderChart(
    {
      data: { values: rows },
      title,
      width: WIDTH,
      height: { step: (LINE * Math.max(1, names.length)) / (1 - BETWEEN), for: "position" },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2, opacity: 0.55 },
          encoding: { ...shared, x: x("low"), x2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 45, opacity: 1 },
          encoding: { ...shared, x: x("value") },
        },
      ],
    },
    `${title}: ${series
      .map(
        ({ name, labels }) =>
          `${name}: ${labels.map(({ label, f1 }) => `${label} ${formatEstimate(f1)}`).join(", ")}`,
      )
      .join("; ")}`,
  );
}
