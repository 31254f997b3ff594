import type { AnswerContract } from "../prompts/prompt.ts";
import { findBlocks } from "./find-blocks.ts";
import { findObject } from "./find-object.ts";
import type { ParsedCompletion } from "./parsed-completion.ts";
import { type ReadingMode, readLabelList } from "./read-label-list.ts";

export interface ParseSettings {
  /** How the completion ended: by itself, or at the token limit. */
  readonly finish: "stop" | "length";
  /**
   * `strict` (rewards, traces): the answer contract to the letter.
   * `lenient` (evaluation): one solution block, labels in any case and with the usual trimmings; also the dialect
   * `{analysis, conclusion}`.
   */
  readonly mode: ReadingMode;
  /** The contract of the prompt that was asked; only strict reading depends on it. */
  readonly answer?: AnswerContract;
}

/**
 * Reads the labels of a completion, or names one reason why it cannot. Total: gives an answer for every string, in
 * time linear in its length. Unknown and repeated labels do not fail a completion; they are listed, for a reward or a
 * report to judge.
 */
export function parseCompletion(text: string, settings: ParseSettings): ParsedCompletion {
  const { mode } = settings;
  const blocks = findBlocks(text, { answer: "reasoned", ...settings });
  const mayBeObject = mode === "lenient" && blocks.outcome === "failed" && !/<\/?solution>/i.test(text);
  const found = mayBeObject ? (findObject(text) ?? blocks) : blocks;
  if (found.outcome === "failed") return { ...found, unknown: [] };
  const { labels, unknown, duplicates } = readLabelList(found.solution, mode);
  if (labels.length === 0) {
    return { outcome: "failed", reason: unknown.length === 0 ? "empty solution" : "no known label", unknown };
  }
  return { outcome: "labels", labels, think: found.think, unknown, duplicates, outside: found.outside };
}
