import type { Label } from "../labels/label.ts";

/** Why no labels could be read from a completion. One reason each, the first that applies in this order. */
export const FAILURE_REASONS = [
  /** A block stands twice: which one counts would be a guess. */
  "two blocks",
  /** The token limit ended the completion before its blocks were whole. */
  "cut off",
  "no solution block",
  "no think block",
  "unclosed block",
  "blocks out of order",
  /** Strict only; lenient reading counts it instead. */
  "text outside blocks",
  "empty solution",
  /** The solution holds text, but not one of the 14 labels. */
  "no known label",
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/** What a completion says: labels, or one named reason why not. */
export type ParsedCompletion =
  | {
      readonly outcome: "labels";
      /** Each once, in canonical order, never empty. */
      readonly labels: readonly Label[];
      /** The reasoning as written; null where there is no think block. */
      readonly think: string | null;
      /** Entries of the solution that are not one of the 14 labels, as written. */
      readonly unknown: readonly string[];
      /** One entry for every repetition of a label: a label written three times stands here twice. */
      readonly duplicates: readonly Label[];
      /** Non-blank characters outside the blocks. Always 0 when read strictly. */
      readonly outside: number;
    }
  | { readonly outcome: "failed"; readonly reason: FailureReason; readonly unknown: readonly string[] };
