import { type FoundBlocks, nonBlank } from "./find-blocks.ts";

/**
 * The second dialect, `{analysis: ..., conclusion: ...}`: as JSON, or loosely with bare keys and values, alone or
 * inside a code fence. Null when the text holds no such object, so that the first dialect's reason stands.
 * Read only leniently (evaluation of models that were not trained here). Linear in the text's length.
 */
export function findObject(text: string): FoundBlocks | null {
  const start = text.indexOf("{");
  const end = text.lastIndexOf("}");
  if (start === -1 || end < start) return null;
  const body = text.slice(start, end + 1);
  const keys = findKeys(body);
  const conclusions = keys.filter((key) => key.name === "conclusion");
  const [conclusion] = conclusions;
  if (conclusion === undefined) return null;
  if (conclusions.length > 1) return { outcome: "failed", reason: "two blocks" };

  const fences = /```(?:json)?/gi;
  const outside = nonBlank(`${text.slice(0, start)} ${text.slice(end + 1)}`.replace(fences, ""));
  const json = readJson(body);
  if (json !== null) return { outcome: "blocks", ...json, outside };

  const analysis = keys.find((key) => key.name === "analysis");
  const valueAt = (key: Key): string => {
    const next = keys.find((other) => other.start > key.start);
    return unquote(body.slice(key.valueStart, next?.start ?? body.length - 1));
  };
  return {
    outcome: "blocks",
    think: analysis === undefined ? null : valueAt(analysis),
    solution: valueAt(conclusion),
    outside,
  };
}

function readJson(body: string): { think: string | null; solution: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null; // not JSON: the loose reading follows
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field as unknown]));
  const conclusion = fields.get("conclusion");
  if (conclusion === undefined) return null; // the key stands deeper
  const entries = Array.isArray(conclusion) ? (conclusion as unknown[]) : [conclusion];
  const solution = entries.map(entryText).join("\n");
  const analysis = fields.get("analysis");
  return { think: typeof analysis === "string" ? analysis : null, solution };
}

/** What stands for an entry that is nested deeper than it can be written out: no label can be meant by it. */
const TOO_DEEP = "(nested too deeply)";

function entryText(entry: unknown): string {
  if (typeof entry === "string") return entry;
  try {
    return JSON.stringify(entry);
  } catch {
    return TOO_DEEP; // JSON.parse reads 100,000 brackets without a stack, JSON.stringify needs one
  }
}

interface Key {
  readonly name: "analysis" | "conclusion";
  /** Where the key, with its quote, begins. */
  readonly start: number;
  readonly valueStart: number;
}

/** The keys of an object: the word after `{`, `,` or a line break, with or without quotes, before a colon. */
function findKeys(body: string): Key[] {
  const keys: Key[] = [];
  for (const match of body.matchAll(/analysis|conclusion/gi)) {
    let start = match.index;
    let next = match.index + match[0].length;
    if (isQuote(body.charAt(start - 1))) start--;
    if (isQuote(body.charAt(next))) next++;
    let before = start - 1;
    let brokeLine = false;
    while (before >= 0 && isBlank(body.charAt(before))) {
      if (body.charAt(before) === "\n") brokeLine = true;
      before--;
    }
    while (isBlank(body.charAt(next))) next++;
    const opens = brokeLine || body.charAt(before) === "{" || body.charAt(before) === ",";
    if (!opens || body.charAt(next) !== ":") continue;
    const name = match[0].toLowerCase() === "analysis" ? "analysis" : "conclusion";
    keys.push({ name, start, valueStart: next + 1 });
  }
  return keys;
}

const isQuote = (character: string): boolean => character === '"' || character === "'";
const isBlank = (character: string): boolean => character !== "" && character.trim() === "";

/** A loose value without the comma after it and the quotes around it. */
function unquote(value: string): string {
  const trimmed = value.trim();
  const text = trimmed.endsWith(",") ? trimmed.slice(0, -1).trim() : trimmed;
  const first = text.charAt(0);
  return text.length > 1 && isQuote(first) && text.endsWith(first) ? text.slice(1, -1) : text;
}
