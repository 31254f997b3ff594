import { LABELS, type Label } from "../../labels/label.ts";
import { readLabelList } from "../read-label-list.ts";
import type { DialectFailure } from "./dialect.ts";

/** What a list says: labels, or why it says none. */
export type Entries =
  | {
      readonly outcome: "labels";
      readonly labels: readonly Label[];
      readonly unknown: readonly string[];
      readonly duplicates: readonly Label[];
    }
  | { readonly outcome: "failed"; readonly reason: DialectFailure; readonly unknown: readonly string[] };

/** Words in an entry that is a term and no label, at most: "pulmonary vascular congestion". */
const MOST_WORDS = 3;
const DENIALS = new Set([
  "no",
  "not",
  "none",
  "without",
  "absent",
  "negative",
  "denies",
  "excluded",
  "unremarkable",
  "normal",
  "clear",
  "possible",
  "probable",
  "cannot",
]);
const LOWER_LABELS = LABELS.map((label) => label.toLowerCase());

/**
 * Reads a list of labels as `readLabelList` does, leniently, and refuses what is no list. Split at its commas, "No evidence
 * of Edema, Pneumonia" would name Pneumonia: so one entry that is longer than three words, denies or doubts something, or
 * holds a label's name beside other words makes the whole text `free text`.
 * @param strict every entry has to be a label: nothing else said that this text is a list
 */
export function readEntries(text: string, strict = false): Entries {
  const { labels, unknown, duplicates } = readLabelList(text, "lenient");
  const failed = (reason: DialectFailure): Entries => ({ outcome: "failed", reason, unknown });
  if (labels.length === 0 && unknown.length === 0) return failed("empty answer");
  if (unknown.some((entry) => !isTerm(entry)) || (strict && unknown.length > 0)) return failed("free text");
  if (labels.length === 0) return failed("no known label");
  return { outcome: "labels", labels, unknown, duplicates };
}

/** Whether an entry that is no label may stand in a list beside labels. */
function isTerm(entry: string): boolean {
  const lower = entry.toLowerCase();
  const words = lower.split(/[^a-z]/).filter((word) => word !== "");
  if (words.length > MOST_WORDS || words.some((word) => DENIALS.has(word))) return false;
  return !LOWER_LABELS.some((label) => lower.includes(label));
}
