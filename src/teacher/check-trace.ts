import { parseCompletion } from "../completions/parse-completion.ts";
import { canonicalOrder } from "../labels/label.ts";
import { findDeniedLabel } from "./find-denial.ts";
import { findGiveaway } from "./giveaways.ts";
import { type Trace, traceCompletion } from "./trace.ts";

export const TRACE_FAULTS = [
  "does not parse",
  "unknown or repeated label",
  "labels differ",
  "mentions the given labels",
  "denies a given finding",
] as const;
export type TraceFaultReason = (typeof TRACE_FAULTS)[number];

/** Why a trace is not fit to learn from. */
export interface TraceFault {
  readonly reason: TraceFaultReason;
  /** What was found, in one line. */
  readonly detail: string;
}

/**
 * Checks a trace: its completion keeps the answer contract (read strictly), says exactly the labels the trace holds,
 * reads as if they had not been given, and denies none of them. Null when it does. Wording is judged by named rules
 * (giveaways.ts, find-denial.ts): what gives itself away or contradicts itself in other words is for a reviewer to catch.
 */
export function checkTrace(trace: Trace, finish: "stop" | "length" = "stop"): TraceFault | null {
  const parsed = parseCompletion(traceCompletion(trace), { finish, mode: "strict", answer: trace.answer });
  if (parsed.outcome === "failed") return { reason: "does not parse", detail: parsed.reason };
  const stray = [...parsed.unknown, ...parsed.duplicates];
  if (stray.length > 0) return { reason: "unknown or repeated label", detail: stray.join(", ") };
  const given = canonicalOrder(trace.labels).join(", ");
  const said = parsed.labels.join(", ");
  if (said !== given) return { reason: "labels differ", detail: `given ${given}; answered ${said}` };
  const think = parsed.think ?? "";
  const giveaway = findGiveaway(think);
  if (giveaway !== null)
    return { reason: "mentions the given labels", detail: `${giveaway.rule}: ${giveaway.words}` };
  const denied = findDeniedLabel(think, trace.labels);
  return denied && { reason: "denies a given finding", detail: `${denied.label}: ${denied.words}` };
}
