import { LABELS, type Label } from "../../labels/label.ts";
import { type LabelTally, spokenLabels } from "../../labels/label-tally.ts";
import type { Html } from "../html.ts";
import { renderChart } from "./render-chart.ts";

/** How often labels stand together in one set of images. */
export interface CoOccurrenceSeries {
  readonly name: string;
  /** The labels that the set can state. */
  readonly stated: readonly Label[];
  /** Images in which both labels are positive; of a label with itself, the images in which it is. */
  readonly together: LabelTally["together"];
}

/** A tally as a series; labels of which no row says anything but blank count as not stated. */
export function coOccurrence(name: string, tally: LabelTally): CoOccurrenceSeries {
  return { name, stated: spokenLabels(tally), together: tally.together };
}

/** Side of a cell, in pixels: room for "100". */
const CELL = 23;
/** Not quite opaque at 100 %, so that the number stays readable on it. */
const DARKEST = 0.75;

/**
 * Of the images with the row's label, the percentage that have the column's label too: one square a set, side by side.
 * What a set cannot state, and rows of labels that it never has, stay empty. The diagonal, always 100, is left out.
 */
export async function coOccurrenceChart(title: string, series: readonly CoOccurrenceSeries[]): Promise<Html> {
  const labels = LABELS.filter((label) => series.some(({ stated }) => stated.includes(label)));
  const values = series.flatMap((each) => pairs(each).map((pair) => ({ name: each.name, ...pair })));
  const axis = {
    grid: false,
    domain: false,
    ticks: false,
    labelColor: "var(--ink)",
    title: null,
    labelLimit: 0,
  };
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
    `${title}: ${series.map((each) => `${each.name}: ${strongest(each)}`).join("; ")}`,
  );
}

interface Pair {
  readonly of: Label;
  readonly with: Label;
  /** Of the images with `of`, the share with `with`. */
  readonly share: number;
  readonly percent: string;
}

function pairs({ stated, together }: CoOccurrenceSeries): Pair[] {
  return stated.flatMap((of) =>
    stated.flatMap((other) => {
      const images = together[of][of];
      if (other === of || images === 0) return [];
      const share = together[of][other] / images;
      return [{ of, with: other, share, percent: (100 * share).toFixed(0) }];
    }),
  );
}

/** What a screen reader says of a square: its five strongest pairs. */
function strongest(series: CoOccurrenceSeries): string {
  const ordered = pairs(series).sort((a, b) => b.share - a.share);
  return ordered
    .slice(0, 5)
    .map(({ of, with: other, percent }) => `of ${of} ${percent} % have ${other}`)
    .join(", ");
}
