import { checkTrace, type TraceFault } from "../check-trace.ts";
import type { Trace } from "../trace.ts";

/**
 * A trace with a reader's text in place of the teacher's, or why it cannot be learnt from. The text has to keep the
 * answer contract and to name the labels that the trace has: the hospital's tables and the cohorts go by those, so a
 * reader who holds a label to be wrong rejects the trace instead.
 */
export function editedTrace(
  trace: Trace,
  text: string,
):
  | { readonly outcome: "trace"; readonly trace: Trace }
  | { readonly outcome: "fault"; readonly fault: TraceFault } {
  const [question, answer] = trace.messages;
  const edited: Trace = {
    ...trace,
    messages: [question, { ...answer, content: [{ type: "text", text }] }],
  };
  const fault = checkTrace(edited);
  return fault === null ? { outcome: "trace", trace: edited } : { outcome: "fault", fault };
}
