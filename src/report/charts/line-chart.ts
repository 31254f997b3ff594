import type { Html } from "../html.ts";
import { renderChart, SERIES } from "./render-chart.ts";
import { smooth } from "./smooth.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Draw each point, for values that come at long intervals. */
  readonly marks?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly xTitle: string;
  readonly lines: readonly Line[];
  /** Draw the values faintly and their exponential running mean over them. */
  readonly smoothed?: boolean;
  /** A vertical rule at this x, named. */
  readonly rule?: { readonly x: number; readonly name: string };
}

/** Three charts fit beside each other on the page. */
const WIDTH = 290;
/** Room for the y axis, the same in all charts, so that those below each other align. */
const Y_AXIS_EXTENT = 46;
const HEIGHT = 170;

/** A chart of values over steps. Values that are not finite are left out. */
export async function lineChart({ title, xTitle, lines, smoothed = false, rule }: LineChart): Promise<Html> {
  const values = lines.flatMap(({ name, points, marks = false }) => {
    const finite = points.filter(({ y }) => Number.isFinite(y));
    const means = smoothed ? smooth(finite.map(({ y }) => y)) : [];
    return finite.map(({ x, y }, index) => ({ x, y: means[index] ?? y, raw: y, name, marks }));
  });
  const names = lines.map(({ name }) => name);
  const color = {
    field: "name",
    type: "nominal" as const,
    scale: { domain: names, range: names.map((_, index) => SERIES[index % SERIES.length] ?? "") },
    // Two columns: a row of many names would be wider than the chart.
    ...(names.length > 1 ? { legend: { columns: 2 } } : { legend: null }),
  };
  const x = {
    field: "x",
    type: "quantitative" as const,
    title: xTitle,
    axis: { tickMinStep: 1, grid: false },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative" as const,
    title: null,
    scale: { zero: false },
    axis: { tickCount: 5, minExtent: Y_AXIS_EXTENT, maxExtent: Y_AXIS_EXTENT },
  });
  const ends = lines.map(({ name, points }) => {
    const finite = points.filter(({ y }) => Number.isFinite(y));
    const [first, last] = [finite[0]?.y, finite.at(-1)?.y];
    return first === undefined || last === undefined
      ? `${name}: no values`
      : `${name} from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  });
  return renderChart(
    {
      data: { values },
      title,
      width: WIDTH,
      height: HEIGHT,
      layer: [
        ...(smoothed
          ? [
              {
                mark: { type: "line" as const, strokeWidth: 1, opacity: 0.3 },
                encoding: { x, y: y("raw"), color },
              },
            ]
          : []),
        { mark: { type: "line" as const, strokeWidth: 2 }, encoding: { x, y: y("y"), color } },
        {
          transform: [{ filter: "datum.marks" }],
          mark: { type: "point" as const, filled: true, size: 36, opacity: 1 },
          encoding: { x, y: y("y"), color },
        },
        ...(rule === undefined
          ? []
          : [
              {
                data: { values: [rule] },
                mark: { type: "rule" as const, color: "var(--muted)", strokeDash: [4, 3] },
                encoding: { x },
              },
              {
                data: { values: [rule] },
                mark: {
                  type: "text" as const,
                  align: "left" as const,
                  dx: 4,
                  y: 8,
                  fontSize: 11,
                  color: "var(--muted)",
                },
                encoding: { x, text: { field: "name" } },
              },
            ]),
      ],
    },
    `${title} over ${xTitle}: ${ends.join("; ")}`,
  );
}
