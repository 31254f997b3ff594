import type { FoundList } from "./read-answer.ts";

/**
 * The `labels` of the one JSON object in a text, alone or in a code fence: an array of names, or one text with a list. An
 * entry that is no text is written out, so that it counts as unknown. Two objects are no object.
 */
export function findJsonLabels(text: string, finish: "stop" | "length"): FoundList {
  const none: FoundList = { outcome: "failed", reason: finish === "length" ? "cut off" : "no answer" };
  const [start, end] = [text.indexOf("{"), text.lastIndexOf("}")];
  if (start === -1 || end < start) return none;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start, end + 1));
  } catch {
    return none;
  }
  if (typeof value !== "object" || value === null) return none;
  const fields = Object.entries(value).filter(([key]) => key.toLowerCase() === "labels");
  const [field, ...others] = fields;
  if (field === undefined) return none;
  if (others.length > 0) return { outcome: "failed", reason: "two answers" };
  const [, labels] = field as [string, unknown];
  if (typeof labels === "string") return { outcome: "list", text: labels };
  if (!Array.isArray(labels)) return { outcome: "failed", reason: "free text" };
  return { outcome: "list", text: (labels as unknown[]).map(entryText).join("\n") };
}

/** No label can be meant by what is no text. */
const entryText = (entry: unknown): string => (typeof entry === "string" ? entry : `(${typeof entry})`);
