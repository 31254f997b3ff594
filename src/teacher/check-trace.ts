import { parseCompletion } from "../completions/parse-completion.ts";
import { canonicalOrder } from "../labels/label.ts";
import { type Trace, traceCompletion } from "./trace.ts";

export const TRACE_FAULTS = [
  "does not parse",
  "unknown or repeated label",
  "labels differ",
  "mentions the given labels",
] as const;
export type TraceFaultReason = (typeof TRACE_FAULTS)[number];

/** Why a trace is not fit to learn from. */
export interface TraceFault {
  readonly reason: TraceFaultReason;
  /** What was found, in one line. */
  readonly detail: string;
}

/** Turns of phrase by which a teacher gives away that it was handed the answer. */
const GIVEAWAYS: readonly RegExp[] = [
  /\bground[- ]truth\b/i,
  /\b(?:given|provided|supplied|reference|known|true|stated) (?:\w+ )?(?:labels?|annotations?|diagnos[ei]s)\b/i,
  /\blabels? (?:\w+ )?(?:given|provided|supplied|state|states|says?|indicates?|tells?)\b/i,
  /\b(?:according to|based on|consistent with|in line with|as per|per) (?:the|these|those|its) (?:\w+ )?(?:labels?|annotations?)\b/i,
  /\bas (?:labell?ed|annotated)\b/i,
  /\b(?:i was|i am|we were) (?:told|given|informed)\b/i,
];

/**
 * Checks a trace: its completion keeps the answer contract (read strictly), says exactly the labels the trace holds,
 * and reads as if they had not been given. Null when it does. Wording is judged by a list of phrases: a teacher that
 * gives itself away in other words is for a reviewer to catch.
 */
export function checkTrace(trace: Trace, finish: "stop" | "length" = "stop"): TraceFault | null {
  const parsed = parseCompletion(traceCompletion(trace), { finish, mode: "strict", answer: trace.answer });
  if (parsed.outcome === "failed") return { reason: "does not parse", detail: parsed.reason };
  const stray = [...parsed.unknown, ...parsed.duplicates];
  if (stray.length > 0) return { reason: "unknown or repeated label", detail: stray.join(", ") };
  const given = canonicalOrder(trace.labels).join(", ");
  const said = parsed.labels.join(", ");
  if (said !== given) return { reason: "labels differ", detail: `given ${given}; answered ${said}` };
  const giveaway = GIVEAWAYS.map((pattern) => pattern.exec(parsed.think ?? "")).find(
    (match) => match !== null,
  );
  return giveaway ? { reason: "mentions the given labels", detail: giveaway[0] } : null;
}
