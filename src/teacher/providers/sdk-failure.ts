import { APICallError } from "ai";
import type { FailedCall } from "../calls/call-outcome.ts";
import type { EgressError } from "../egress-fetch.ts";
import type { Redactor } from "../redactor.ts";

export interface FailureTerms {
  readonly clean: Redactor;
  readonly deadlineSeconds: number;
  /** Whether that had passed. */
  readonly late: boolean;
  /** Milliseconds that a Retry-After header, or an error's body, asks to wait. */
  waitOf(header: string | undefined, body: string | undefined): number | null;
}

const OF_GUARD = { refused: "refused", unreached: "unavailable", lost: "lost" } as const;
/** A gateway's own limits: the model behind it may have answered, and billed. */
const GATEWAY_LIMITS = new Set([408, 502, 504]);
const FOR_NOBODY = new Set([401, 402, 403, 404]);

/**
 * What an error of the AI SDK means for the call. It is looked at here and dropped: it holds the request with its picture.
 * @param trip what our own fetch met, where it failed; the SDK may have wrapped it beyond recognition
 */
export function failureOf(error: unknown, trip: EgressError | null, terms: FailureTerms): FailedCall {
  const { clean } = terms;
  const failed = (
    outcome: FailedCall["outcome"],
    detail: string,
    wait: number | null = null,
  ): FailedCall => ({
    outcome,
    detail: clean.error(detail),
    retryAfterMs: wait,
  });
  if (terms.late && trip?.kind !== "refused")
    return failed(OF_GUARD[trip?.kind ?? "lost"], `no answer within ${terms.deadlineSeconds} s`);
  if (trip !== null) return failed(OF_GUARD[trip.kind], trip.message);
  if (!APICallError.isInstance(error))
    return failed(
      "lost",
      `the answer could not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  const { statusCode: status = 0, responseHeaders, responseBody, message } = error;
  const detail = `${status} ${message}`;
  const wait = terms.waitOf(responseHeaders?.["retry-after"], responseBody);
  if (status === 429) return failed("rate-limited", detail, wait);
  if (GATEWAY_LIMITS.has(status)) return failed("lost", detail, wait);
  if (status >= 500) return failed("unavailable", detail, wait);
  // Google answers a wrong key with 400.
  if (FOR_NOBODY.has(status) || /api[ _]key/i.test(message)) return failed("refused", detail);
  if (status >= 400) return failed("declined", detail);
  return failed("lost", `the answer could not be read: ${detail}`);
}
