import { hashBytes } from "../../util/files.ts";
import { type Trace, traceCompletion } from "../trace.ts";

/**
 * SHA-256, hex, of what a reader of a trace judges: the radiograph, the prompt and the teacher's answer. A trace that
 * was written anew with other words has another hash, so that no review passes for one of a text nobody has read.
 */
export function traceHash(trace: Trace): string {
  const { site, id, format, prompt_hash } = trace;
  return hashBytes(JSON.stringify([site, id, format, prompt_hash, traceCompletion(trace)]));
}
