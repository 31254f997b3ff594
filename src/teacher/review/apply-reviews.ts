import { UserError } from "../../util/user-error.ts";
import type { Trace } from "../trace.ts";
import { editedTrace } from "./edited-trace.ts";
import { latestReviews } from "./latest-reviews.ts";
import type { Review } from "./review.ts";
import { traceHash } from "./trace-hash.ts";

/** A trace that is not learnt from. */
export interface RejectedTrace {
  readonly id: string;
  readonly patient: string;
  readonly reason: "rejected in review";
  /** Who rejected it, and why. */
  readonly detail: string;
}

export interface ReviewedTraces {
  /** What is learnt from, in the order given: traces that stand, and edited ones in their originals' places. */
  readonly traces: Trace[];
  /** Every original that an edit stands for, beside the edit. */
  readonly edited: readonly { readonly original: Trace; readonly edit: Trace; readonly reader: string }[];
  readonly setAside: readonly RejectedTrace[];
  /** Traces with at least one review, and who reviewed. */
  readonly reviewed: number;
  readonly readers: readonly string[];
  /** Reviews that judge none of these traces: they were written anew since, or are of another format. */
  readonly ofOtherTraces: number;
}

/**
 * What readers leave of the traces. Each reader's last word counts; where readers differ, one rejection sets the trace
 * aside, and one edit outweighs any acceptance; of several edits the latest stands. traces + setAside = traces given.
 * Throws a UserError for an edit that cannot be learnt from.
 */
export function applyReviews(traces: readonly Trace[], reviews: readonly Review[]): ReviewedTraces {
  const latest = latestReviews(reviews);
  const hashes = new Set(traces.map(traceHash));
  const kept: Trace[] = [];
  const edited: { original: Trace; edit: Trace; reader: string }[] = [];
  const setAside: RejectedTrace[] = [];
  for (const trace of traces) {
    const verdicts = [...(latest.get(traceHash(trace))?.values() ?? [])];
    const rejections = verdicts.filter(({ decision }) => decision === "reject");
    if (rejections.length > 0) {
      const { id, patient } = trace;
      const detail = rejections.map(({ reader, reasons }) => `${reader}: ${reasons.join(", ")}`).join("; ");
      setAside.push({ id, patient, reason: "rejected in review", detail });
      continue;
    }
    const edit = latestEdit(verdicts);
    if (edit === undefined) {
      kept.push(trace);
      continue;
    }
    const result = editedTrace(trace, edit.text);
    if (result.outcome === "fault")
      throw new UserError(
        `reviews: the edit of ${trace.id} by ${edit.reader} ${result.fault.reason} (${result.fault.detail}); review it again`,
      );
    kept.push(result.trace);
    edited.push({ original: trace, edit: result.trace, reader: edit.reader });
  }
  const own = reviews.filter(({ trace }) => hashes.has(trace));
  return {
    traces: kept,
    edited,
    setAside,
    reviewed: traces.filter((trace) => latest.has(traceHash(trace))).length,
    readers: [...new Set(own.map(({ reader }) => reader))].sort(),
    ofOtherTraces: reviews.length - own.length,
  };
}

function latestEdit(verdicts: readonly Review[]): Extract<Review, { decision: "edit" }> | undefined {
  const edits = verdicts.filter((review) => review.decision === "edit");
  return edits.reduce<(typeof edits)[number] | undefined>(
    (last, edit) => (last === undefined || Date.parse(edit.time) >= Date.parse(last.time) ? edit : last),
    undefined,
  );
}
