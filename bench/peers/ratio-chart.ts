import { renderChart } from "../../src/report/charts/render-chart.ts";
import { standaloneSvg } from "../../src/report/charts/standalone-svg.ts";
import { describeCase } from "./describe-case.ts";
import type { Comparison } from "./results-schema.ts";

const WIDTH = 380;
const ROW_HEIGHT = 22;
const GROUPS = { grpo: "GRPO, against TRL", sft: "SFT, against TRL", generate: "sampling, against generate" };

/** How many times the peer's speed, by case, with the spread over repetitions; the dashed rule is equal speed. */
export async function ratioChart(comparisons: readonly Comparison[]): Promise<string> {
  const values = comparisons.map((one) => ({
    name: describeCase(one),
    group: GROUPS[one.kind],
    ...one.ratio,
    text: `${one.ratio.median.toFixed(1)} x`,
  }));
  const order = [...new Set(values.map(({ group }) => group))];
  const x = (field: string) => ({
    field,
    type: "quantitative" as const,
    title: "times the peer's speed",
    scale: { domain: [0, Math.ceil(Math.max(...values.map(({ max }) => max)) + 0.5)] },
  });
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    sort: values.map(({ name }) => name),
    axis: {
      grid: false,
      domain: false,
      ticks: false,
      labelColor: "var(--ink)",
      labelPadding: 8,
      labelLimit: 320,
    },
  };
  const color = { field: "group", type: "nominal" as const, sort: order, scale: { domain: order } };
  const title = "chexreason's speed beside TRL's and transformers', on one machine in one run";
  const chart = await renderChart(
    {
      data: { values },
      title,
      width: WIDTH,
      height: { step: ROW_HEIGHT },
      layer: [
        {
          data: { values: [{ equal: 1 }] },
          mark: { type: "rule", strokeDash: [4, 3], color: "var(--muted)" },
          encoding: { x: x("equal") },
        },
        { mark: { type: "rule", strokeWidth: 2 }, encoding: { x: x("min"), x2: { field: "max" }, y, color } },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x: x("median"), y, color },
        },
        {
          mark: { type: "text", align: "left", dx: 7, fontSize: 11, color: "var(--ink)" },
          encoding: { x: x("max"), y, text: { field: "text", type: "nominal" } },
        },
      ],
    },
    `${title}: ${values.map(({ name, text }) => `${name} ${text}`).join("; ")}`,
  );
  return standaloneSvg(chart);
}
