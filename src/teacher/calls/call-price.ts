import type { TeacherQuestion } from "../teacher-question.ts";
import type { CallUsage } from "./call-outcome.ts";

/** What a call may cost, and what it did. USD. */
export interface CallPricing {
  /** USD for a million tokens. */
  readonly price: { readonly input: number; readonly output: number };
  readonly maxTokens: number;
  readonly imageTokens: number;
}

/** Tokens that a chat's own marks may count as. */
const FRAME_TOKENS = 64;
const MILLION = 1_000_000;

/** Most tokens that a question can count as: one for each byte of its text (no tokenizer makes more), and the picture. */
export function inputTokensAtMost({ system, user }: TeacherQuestion, imageTokens: number): number {
  return Buffer.byteLength(system) + Buffer.byteLength(user) + imageTokens + FRAME_TOKENS;
}

/**
 * Most that a call can cost. Where a provider has billed more tokens for an earlier one than it could have by the
 * settings, that many are reckoned with from then on.
 * @param most most tokens that a call was billed for so far
 */
export function priceAtMost(
  question: TeacherQuestion,
  { price, maxTokens, imageTokens }: CallPricing,
  most: { readonly input: number; readonly output: number },
): number {
  const input = Math.max(inputTokensAtMost(question, imageTokens), most.input);
  return (input * price.input + Math.max(maxTokens, most.output) * price.output) / MILLION;
}

/** What a call cost by the usage reported; null where the provider reported none. */
export function pricePaid(
  { input, output }: CallUsage,
  { price }: Pick<CallPricing, "price">,
): number | null {
  if (input === null || output === null) return null;
  return (input * price.input + output * price.output) / MILLION;
}
