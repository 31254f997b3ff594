import type { TeachingEstimate } from "../../teacher/estimate-teaching.ts";
import type { Preflight } from "./preflight.ts";

/** A preflight for people: what is missing first, then what is there, then how long. */
export function renderPreflight({ status, needs, workload, calibration, time, teaching }: Preflight): string {
  const lines = [`${status.study}: ${status.done} of ${status.total} stages done in ${status.folder}`, ""];
  const order = ["missing", "unknown", "ready"] as const;
  for (const { name, state, detail, remedy } of order.flatMap((state) =>
    needs.filter((need) => need.state === state),
  ))
    lines.push(`${state.padEnd(8)} ${name}: ${detail}${remedy === "" ? "" : `; ${remedy}`}`);
  lines.push(
    "",
    `work     ${workload.images} pictures; SFT on ${workload.sft.trained} traces; GRPO: ${workload.grpo.sampled} answers ` +
      `sampled, ${workload.grpo.trained} trained on; ${workload.answers ?? "an unknown number of"} answers to evaluate`,
  );
  if (teaching !== null) lines.push(...teachingLines(teaching));
  if (calibration === null || time === null) {
    lines.push("time     not estimated: the model is not here to be measured (or --no-calibrate was given)");
  } else {
    const hours = (value: number | null): string => (value === null ? "unknown" : hoursText(value));
    lines.push(
      `time     ${hours(time.totalHours)}: ${time.parts.map((part) => `${part.part} ${hours(part.hours)}`).join(", ")}`,
      `         measured on ${calibration.images} drawn pictures (${calibration.device}), answers taken to be ` +
        `${calibration.tokens} tokens long; batching and early stopping are not counted in`,
      `memory   ${(calibration.peakMemoryBytes / 1e9).toFixed(1)} GB at the peak of that`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function teachingLines({ teacher, to, images, answered, tokens, usd }: TeachingEstimate): string[] {
  const millions = (count: number): string => `${(count / 1e6).toFixed(2)} M`;
  const expected = usd.expected === null ? "" : `, about ${usd.expected.toFixed(2)} by the answers so far`;
  return [
    `teacher  ${teacher} at ${to}: ${images} images, ${answered} answered already; to come at most ` +
      `${millions(tokens.inputAtMost)} tokens in, ${millions(tokens.outputAtMost)} out`,
    `         at most ${usd.atMost.toFixed(2)} USD${expected}; spent so far at most ${usd.spent.toFixed(2)}; ` +
      `${usd.cap === null ? "no cap" : `stops at ${usd.cap.toFixed(2)}`}; answers thrown out come on top`,
  ];
}

/** "3.2 h", "12 min". */
function hoursText(hours: number): string {
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  return `${Math.max(1, Math.round(hours * 60))} min`;
}
