import { LABELS, type Label } from "../../labels/label.ts";
import { type LabelTally, spokenLabels } from "../../labels/label-tally.ts";
import type { Html } from "../html.ts";
import { renderChart, SERIES } from "./render-chart.ts";

/** How common each label is in one set of images. */
export interface LabelShareSeries {
  readonly name: string;
  /** The share of images, 0 to 1, in which the label is positive. A label that the set cannot state is left out. */
  readonly shares: Readonly<Partial<Record<Label, number>>>;
}

const WIDTH = 340;
/** Height of a bar, in pixels. */
const BAR = 11;
/** Room between two labels, as a part of a label's height. */
const BETWEEN = 0.25;

/** A tally as a series; labels of which no row says anything but blank are left out. */
export function labelShares(name: string, tally: LabelTally): LabelShareSeries {
  const share = (label: Label): number => tally.labels[label].positive / tally.rows;
  return { name, shares: Object.fromEntries(spokenLabels(tally).map((label) => [label, share(label)])) };
}

/** How common each label is, in one set of images or in several side by side. */
export async function labelSharesChart(title: string, series: readonly LabelShareSeries[]): Promise<Html> {
  const names = series.map(({ name }) => name);
  const labels = LABELS.filter((label) => series.some(({ shares }) => shares[label] !== undefined));
  const values = series.flatMap(({ name, shares }) =>
    labels.flatMap((label) => {
      const share = shares[label];
      return share === undefined ? [] : [{ name, label, share }];
    }),
  );
  const describe = series.map(({ name, shares }) => {
    const each = labels.map((label) => `${label} ${percent(shares[label])}`);
    return `${name}: ${each.join(", ")}`;
  });
  return renderChart(
    {
      data: { values },
      title,
      width: WIDTH,
      height: { step: (BAR * Math.max(1, names.length)) / (1 - BETWEEN), for: "position" },
      mark: { type: "bar" },
      encoding: {
        x: { field: "share", type: "quantitative", title: null, axis: { format: "%", tickCount: 5 } },
        y: {
          field: "label",
          type: "nominal",
          title: null,
          sort: [...labels],
          scale: { paddingInner: BETWEEN, paddingOuter: BETWEEN / 2 },
          axis: {
            grid: false,
            domain: false,
            ticks: false,
            labelColor: "var(--ink)",
            labelPadding: 8,
            labelLimit: 0,
          },
        },
        yOffset: { field: "name", type: "nominal", sort: names, scale: { domain: names } },
        color: {
          field: "name",
          type: "nominal",
          scale: { domain: names, range: names.map((_, index) => SERIES[index % SERIES.length] ?? "") },
          ...(names.length > 1 ? {} : { legend: null }),
        },
      },
    },
    `${title}: ${describe.join("; ")}`,
  );
}

function percent(share: number | undefined): string {
  return share === undefined ? "not stated" : `${(100 * share).toFixed(1)} %`;
}
