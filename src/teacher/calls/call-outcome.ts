/** Tokens that a provider says a call used. Null: it did not say. */
export interface CallUsage {
  readonly input: number | null;
  readonly output: number | null;
}

/** A whole answer. */
export interface AnsweredCall {
  readonly outcome: "answered";
  readonly text: string;
  /** `declined`: the provider's filter held the answer back. */
  readonly finish: "stop" | "length" | "declined";
  /** As the provider reports it. */
  readonly modelVersion: string;
  /** The provider's own number of the answer; null when it gives none. */
  readonly responseId: string | null;
  readonly usage: CallUsage;
}

/** A call that brought no answer, and what that means for money and for trying again. */
export interface FailedCall {
  readonly outcome: (typeof CALL_FAILURES)[number];
  /** One line, without keys and without pictures. */
  readonly detail: string;
  /** How long the provider asks to wait, milliseconds; null when it does not say. */
  readonly retryAfterMs: number | null;
}

/**
 * - `rate-limited`: too many calls; nobody may call for a while. Not billed.
 * - `unavailable`: the provider says that it failed, or could not be reached. Not billed (Google and OpenAI bill no failed
 *   request).
 * - `lost`: no whole answer came (a cut line, a deadline, a gateway's own time limit). May have been billed.
 * - `duplicate`: an answer came that belongs to an earlier call. May have been billed.
 * - `declined`: the provider will not answer this request. Not billed.
 * - `refused`: it will not answer any (key, model, address), or our own guard let nothing out. Not billed.
 */
export const CALL_FAILURES = [
  "rate-limited",
  "unavailable",
  "lost",
  "duplicate",
  "declined",
  "refused",
] as const;

export type CallOutcome = AnsweredCall | FailedCall;

/** Whether a failed call may stand on the bill. */
export function mayBeBilled(outcome: FailedCall["outcome"]): boolean {
  return outcome === "lost" || outcome === "duplicate";
}
