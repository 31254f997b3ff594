import { lineChart } from "../charts/line-chart.ts";
import { shareChart } from "../charts/share-chart.ts";
import { SMOOTHING } from "../charts/smooth.ts";
import { type Html, html } from "../html.ts";
import type { GrpoPoint, ReportInput, SftCurves } from "../report-input.ts";
import type { Section } from "./section.ts";

/** The training curves of both stages. */
export async function trainingSection({ sft, grpo }: ReportInput): Promise<Section | null> {
  if (sft === null && grpo === null) return null;
  return {
    id: "training",
    title: "Training",
    body: html`${sft && (await sftCharts(sft))}${grpo && (await grpoCharts(grpo))}`,
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
  return html`<h3>Supervised fine-tuning</h3>
<p>Negative log-likelihood of the teacher's trace and share of its tokens that were the model's first choice. The
adapter of update ${bestStep}, the one with the lowest validation loss, was kept.</p>
<div class="charts">${await chart("Loss", "loss")}${await chart("Mean token accuracy", "tokenAccuracy")}</div>
`;
}

async function grpoCharts(points: readonly GrpoPoint[]): Promise<Html> {
  const line = (title: string, name: string, of: (point: GrpoPoint) => number | undefined) => {
    const values = points.flatMap((point) => {
      const y = of(point);
      return y === undefined ? [] : [{ x: point.step, y }];
    });
    return { title, lines: values.length === 0 ? [] : [{ name, points: values }] };
  };
  const components = [...new Set(points.flatMap((point) => Object.keys(point.components)))];
  const charts = [
    line("Reward", "reward", (point) => point.reward),
    {
      title: "Parts of the reward",
      lines: components.flatMap((name) => line("", name, (point) => point.components[name]).lines),
    },
    line("Completion length (tokens)", "length", (point) => point.completionLength),
    line("Entropy (nats a token)", "entropy", (point) => point.entropy),
    line("KL to reference (nats a token)", "KL", (point) => point.kl),
    line("Share of tokens clipped", "clip fraction", (point) => point.clipFraction),
    line("Gradient norm before clipping", "gradient norm", (point) => point.gradientNorm),
    line("Share of failed answers", "failures", (point) => point.failureShare),
  ];
  const drawn: Html[] = [];
  for (const chart of charts) {
    if (chart.lines.length > 0) drawn.push(await lineChart({ ...chart, xTitle: "step", smoothed: true }));
  }
  const shares = points.some(({ labelShares }) => Object.keys(labelShares).length > 0);
  return html`<h3>GRPO</h3>
<p>Faint: each step. Strong: its exponential running mean, weight ${SMOOTHING} on the past. A label whose share runs
to 1 or 0 while the reward climbs is a sign of collapse.</p>
<div class="charts">${drawn}</div>
<div class="charts wide">${shares ? await shareChart(points) : null}</div>
`;
}
