import { LABELS } from "../../labels/label.ts";
import type { Html } from "../html.ts";
import type { GrpoPoint } from "../report-input.ts";
import { renderChart } from "./render-chart.ts";

/** As wide as Vega takes the longest label to be, or the columns drift apart. */
const CELL_WIDTH = 230;
const CELL_HEIGHT = 56;
const COLUMNS = 4;

/** The share of answers that name each label, over steps, one small panel a label on one common scale. */
export async function shareChart(points: readonly GrpoPoint[]): Promise<Html> {
  const labels = LABELS.filter((label) => points.some(({ labelShares }) => labelShares[label] !== undefined));
  const values = points.flatMap(({ step, labelShares }) =>
    labels.map((label) => ({ step, label, share: labelShares[label] ?? 0 })),
  );
  const ends = labels.map((label) => {
    const share = (point: GrpoPoint | undefined) => (point?.labelShares[label] ?? 0).toFixed(2);
    return `${label} from ${share(points[0])} to ${share(points.at(-1))}`;
  });
  return renderChart(
    {
      data: { values },
      title: "Share of answers that name each label",
      facet: { field: "label", type: "nominal", sort: [...labels] },
      columns: COLUMNS,
      spacing: 16,
      spec: {
        width: CELL_WIDTH,
        height: CELL_HEIGHT,
        mark: {
          type: "area",
          color: "var(--series-1)",
          fillOpacity: 0.25,
          line: { strokeWidth: 1.5, color: "var(--series-1)" },
        },
        encoding: {
          x: { field: "step", type: "quantitative", title: null, axis: { grid: false, tickCount: 3 } },
          y: {
            field: "share",
            type: "quantitative",
            title: null,
            scale: { domain: [0, 1] },
            axis: { values: [0, 0.5, 1] },
          },
        },
      },
    },
    `Share of answers that name each label: ${ends.join("; ")}`,
  );
}
