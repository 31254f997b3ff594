import { type LineChart, lineChart } from "../charts/line-chart.ts";
import { shareChart } from "../charts/share-chart.ts";
import { type Html, html } from "../html.ts";
import type { GrpoPoint, GrpoRunFacts, ReportInput } from "../report-input.ts";
import { grpoLine } from "./grpo-line.ts";
import { type Section, table } from "./section.ts";

/** What a collapsing policy shows before its reward does, and what the monitor raised. */
export async function collapseSection({ grpo, grpoRun }: ReportInput): Promise<Section | null> {
  if (grpo === null || grpoRun === null) return null;
  const reasons = [...new Set(grpo.flatMap(({ failureReasons = {} }) => Object.keys(failureReasons)))].sort();
  const charts: Omit<LineChart, "xTitle">[] = [
    { title: "Entropy (nats a token)", lines: grpoLine(grpo, "entropy", (point) => point.entropy) },
    { title: "KL to reference (nats a token)", lines: grpoLine(grpo, "KL", (point) => point.kl) },
    {
      title: "Share of tokens clipped",
      lines: grpoLine(grpo, "clip fraction", (point) => point.clipFraction),
    },
    {
      title: "Gradient norm before clipping",
      lines: grpoLine(grpo, "gradient norm", (point) => point.gradientNorm),
    },
    {
      title: "Share of failed answers",
      lines: grpoLine(grpo, "failures", (point) => point.failureShare),
    },
    {
      title: "Failed answers by reason (number)",
      lines: reasons.flatMap((reason) =>
        grpoLine(grpo, reason, ({ failureReasons }) =>
          failureReasons === undefined ? undefined : (failureReasons[reason] ?? 0),
        ),
      ),
    },
    {
      title: "Share of completions that …",
      lines: [
        ...grpoLine(grpo, "were cut off", (point) => point.truncated),
        ...grpoLine(grpo, "repeat themselves", (point) => point.looping),
        ...grpoLine(grpo, "are another image's", (point) => point.sameText),
      ],
    },
  ];
  const drawn: Html[] = [];
  for (const chart of charts)
    if (chart.lines.length > 0) drawn.push(await lineChart({ ...chart, xTitle: "rollout", smoothed: true }));
  const hasShares = grpo.some(({ labelShares }) => Object.keys(labelShares).length > 0);
  return {
    id: "collapse",
    title: "Collapse diagnostics",
    body: html`<p>A policy that collapses loses entropy, says one label or one text for every image, or goes round in
circles, often while its reward still climbs.</p>
${alarms(grpoRun, grpo)}
<div class="charts">${drawn}</div>
<div class="charts wide">${hasShares ? await shareChart(grpo) : null}</div>`,
  };
}

function alarms({ collapses }: GrpoRunFacts, points: readonly GrpoPoint[]): Html {
  if (collapses.length === 0) return html`<p>The monitor raised no alarm in ${points.length} rollouts.</p>`;
  return table(
    "Alarms of the monitor",
    ["Rollout", "Rule", "Detail", "What was done"],
    collapses.flatMap(({ rollout, alarms: raised, action, to }) =>
      raised.map(({ rule, detail }) => [
        String(rollout),
        rule,
        detail,
        to === null ? action : `${action}: back to rollout ${to}`,
      ]),
    ),
  );
}
