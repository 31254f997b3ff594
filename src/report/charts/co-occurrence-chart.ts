import { LABELS, type Label } from "../../labels/label.ts";
import type { LabelTally } from "../../labels/label-tally.ts";
import type { Html } from "../html.ts";
import { renderChart } from "./render-chart.ts";

/** How often labels stand together in one set of images. */
export interface CoOccurrenceSeries {
  readonly name: string;
  /** Images in which both labels are positive; of a label with itself, the images in which it is. */
  readonly together: LabelTally["together"];
}

/** Side of a cell, in pixels: room for "100". */
const CELL = 23;
/** Not quite opaque at 100 %, so that the number stays readable on it. */
const DARKEST = 0.75;

/**
 * Of the images with the row's label, the percentage that have the column's label too: one square a set, side by side.
 * Rows of labels that a set does not have stay empty. The diagonal, always 100, is left out.
 */
export async function coOccurrenceChart(title: string, series: readonly CoOccurrenceSeries[]): Promise<Html> {
  const labels = LABELS.filter((label) => series.some(({ together }) => together[label][label] > 0));
  const values = series.flatMap(({ name, together }) => pairs(labels, together).map((p) => ({ name, ...p })));
  const axis = { grid: false, domain: false, ticks: false, labelColor: "var(--ink)", title: null };
  const square = {
    x: {
      field: "with",
      type: "nominal" as const,
      scale: { domain: [...labels] },
      axis: { ...axis, orient: "top" as const, labelAngle: -50 },
    },
    y: { field: "of", type: "nominal" as const, scale: { domain: [...labels] }, axis },
  };
  return renderChart(
    {
      data: { values },
      title,
      facet: {
        field: "name",
        type: "nominal",
        sort: series.map(({ name }) => name),
        header: { labelOrient: "bottom" },
      },
      columns: 2,
      spec: {
        width: { step: CELL },
        height: { step: CELL },
        layer: [
          {
            mark: { type: "rect", color: "var(--series-1)" },
            encoding: {
              ...square,
              opacity: {
                field: "share",
                type: "quantitative",
                legend: null,
                scale: { domain: [0, 1], range: [0, DARKEST] },
              },
            },
          },
          {
            mark: { type: "text", fontSize: 9, color: "var(--ink)" },
            encoding: { ...square, text: { field: "percent" } },
          },
        ],
      },
    },
    `${title}: ${series.map(({ name, together }) => `${name}: ${strongest(labels, together)}`).join("; ")}`,
  );
}

interface Pair {
  readonly of: Label;
  readonly with: Label;
  /** Of the images with `of`, the share with `with`. */
  readonly share: number;
  readonly percent: string;
}

function pairs(labels: readonly Label[], together: LabelTally["together"]): Pair[] {
  return labels.flatMap((of) =>
    labels.flatMap((other) => {
      const images = together[of][of];
      if (other === of || images === 0) return [];
      const share = together[of][other] / images;
      return [{ of, with: other, share, percent: (100 * share).toFixed(0) }];
    }),
  );
}

/** What a screen reader says of a square: its five strongest pairs. */
function strongest(labels: readonly Label[], together: LabelTally["together"]): string {
  const ordered = pairs(labels, together).sort((a, b) => b.share - a.share);
  return ordered
    .slice(0, 5)
    .map(({ of, with: other, percent }) => `of ${of} ${percent} % have ${other}`)
    .join(", ");
}
