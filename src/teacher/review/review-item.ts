import { type Trace, traceCompletion } from "../trace.ts";
import { traceHash } from "./trace-hash.ts";

/** A trace as a reader is given it, and the hash that the review has to name. */
export interface ReviewItem {
  readonly trace: string;
  readonly site: string;
  readonly id: string;
  readonly patient: string;
  /** Relative to the hospital's data root. */
  readonly image: string;
  readonly format: string;
  /** The labels that the teacher was given. */
  readonly labels: readonly string[];
  /** The teacher's answer. */
  readonly text: string;
}

export function reviewItem(trace: Trace): ReviewItem {
  const { site, id, patient, image, format, labels } = trace;
  return { trace: traceHash(trace), site, id, patient, image, format, labels, text: traceCompletion(trace) };
}
