/**
 * How a model that was trained elsewhere writes its answer. Each has one parser, chosen by name in the study: which form
 * counts is never guessed from what a model happened to write.
 * - `solution`: this project's own, read leniently (`parseCompletion`); also takes `{analysis, conclusion}`.
 * - `answer-tags`: one `<answer>...</answer>` that holds a list.
 * - `findings-list`: a list after a line's beginning "Findings:", or, without one, a text that is a list and nothing else.
 * - `labels-json`: one JSON object with `labels`, an array of names or one text.
 * - `conclusion-object`: `{analysis, conclusion}`, and nothing else.
 */
export const DIALECTS = [
  "solution",
  "answer-tags",
  "findings-list",
  "labels-json",
  "conclusion-object",
] as const;
export type Dialect = (typeof DIALECTS)[number];

/** Why an answer in another dialect could not be read; `solution` has its own reasons. One each, the first that applies. */
export const DIALECT_FAILURES = [
  /** The answer stands twice: which one counts would be a guess. */
  "two answers",
  /** The token limit ended the text before the answer was whole. */
  "cut off",
  /** No tag, heading or object of the dialect. */
  "no answer",
  "unclosed answer",
  "empty answer",
  /** Sentences, denials or qualified findings instead of a list: a label's word in them says nothing of its presence. */
  "free text",
  /** A list, with none of the 14 labels in it. */
  "no known label",
] as const;
export type DialectFailure = (typeof DIALECT_FAILURES)[number];
