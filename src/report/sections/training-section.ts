import { type LineChart, lineChart } from "../charts/line-chart.ts";
import { SMOOTHING } from "../charts/smooth.ts";
import { type Html, html } from "../html.ts";
import type { GrpoPoint, GrpoRunFacts, ReportInput, SftCurves } from "../report-input.ts";
import { grpoLine } from "./grpo-line.ts";
import type { Section } from "./section.ts";

/** The training curves of both stages: the paper's Figure 1, and its Figure 2 (nuanced reward) or 3 (hard). */
export async function trainingSection({ sft, grpo, grpoRun }: ReportInput): Promise<Section | null> {
  if (sft === null && grpo === null) return null;
  return {
    id: "training",
    title: "Training",
    body: html`${sft && (await sftCharts(sft))}${grpo && (await grpoCharts(grpo, grpoRun))}`,
  };
}

async function sftCharts({ training, validation, bestStep }: SftCurves): Promise<Html> {
  const chart = (title: string, of: "loss" | "tokenAccuracy") => {
    const points = (rows: SftCurves["training"]) => rows.map((row) => ({ x: row.step, y: row[of] }));
    return lineChart({
      title,
      xTitle: "update",
      lines: [
        { name: "training batch", points: points(training) },
        { name: "validation", points: points(validation), marks: true },
      ],
      rule: { x: bestStep, name: "kept" },
    });
  };
  return html`<h3>Figure 1. Supervised fine-tuning</h3>
<p>Negative log-likelihood of the teacher's trace and share of its tokens that were the model's first choice. The
adapter of update ${bestStep}, the one with the lowest validation loss, was kept.</p>
<div class="charts">${await chart("Loss", "loss")}${await chart("Mean token accuracy", "tokenAccuracy")}</div>
`;
}

async function grpoCharts(points: readonly GrpoPoint[], run: GrpoRunFacts | null): Promise<Html> {
  const components = [...new Set(points.flatMap((point) => Object.keys(point.components)))];
  const charts: Omit<LineChart, "xTitle">[] = [
    { title: "Reward", lines: grpoLine(points, "reward", (point) => point.reward) },
    {
      title: "Parts of the reward",
      lines: components.flatMap((name) => grpoLine(points, name, (point) => point.components[name])),
    },
    {
      title: "Completion length (tokens)",
      lines: grpoLine(points, "length", (point) => point.completionLength),
    },
  ];
  const drawn: Html[] = [];
  for (const chart of charts)
    if (chart.lines.length > 0) drawn.push(await lineChart({ ...chart, xTitle: "rollout", smoothed: true }));
  return html`<h3>${figureOf(run)}</h3>
<p>Means over the completions of a rollout. Faint: each rollout. Strong: its exponential running mean, weight
${SMOOTHING} on the past.</p>
<div class="charts">${drawn}</div>
`;
}

/** The paper's Figure 2 is of the nuanced reward, its Figure 3 of the hard one. */
function figureOf(run: GrpoRunFacts | null): string {
  if (run === null) return "GRPO";
  const number = run.reward.startsWith("nuanced") ? "2" : run.reward.startsWith("hard") ? "3" : "2 or 3";
  return `Figure ${number}. GRPO, reward: ${run.reward}`;
}
