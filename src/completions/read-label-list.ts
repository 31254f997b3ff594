import { canonicalOrder, isLabel, LABELS, type Label } from "../labels/label.ts";

/** Strict: as the answer contract writes them. Lenient: as a model that was never told the details may. */
export type ReadingMode = "strict" | "lenient";

export interface LabelList {
  readonly labels: Label[];
  readonly unknown: string[];
  readonly duplicates: Label[];
}

/**
 * A list of labels as a solution holds it. Whole entries only: "no pneumothorax" is unknown, not Pneumothorax.
 * - strict: separated by commas, each a label to the letter; blanks around an entry are ignored.
 * - lenient: also separated by line breaks or semicolons; letter case, bullets, numbering, quotes, brackets and a
 *   final full stop are ignored.
 * Empty entries are no entries. Linear in the text's length.
 */
export function readLabelList(text: string, mode: ReadingMode): LabelList {
  const found = new Set<Label>();
  const unknown: string[] = [];
  const duplicates: Label[] = [];
  for (const raw of text.split(mode === "strict" ? "," : /[,;\r\n]/)) {
    const entry = raw.trim();
    if (entry === "" || (mode === "lenient" && bare(entry) === "")) continue;
    const label = mode === "strict" ? strictLabel(entry) : lenientLabel(entry);
    if (label === undefined) unknown.push(entry);
    else if (found.has(label)) duplicates.push(label);
    else found.add(label);
  }
  return { labels: canonicalOrder(found), unknown, duplicates };
}

function strictLabel(entry: string): Label | undefined {
  return isLabel(entry) ? entry : undefined;
}

const BY_LOWER_CASE = new Map<string, Label>(LABELS.map((label) => [label.toLowerCase(), label]));

/** Longest entry looked up, in characters: the longest label with blanks to spare. */
const MAX_ENTRY_CHARACTERS = 100;

function lenientLabel(entry: string): Label | undefined {
  if (entry.length > MAX_ENTRY_CHARACTERS) return undefined;
  return BY_LOWER_CASE.get(bare(entry).replace(/\s+/g, " ").toLowerCase());
}

const WRAPPING = new Set([...`"'\`*_-•[](){}. \t`]);

/** An entry without what may surround a label: bullets, quotes, brackets, numbering, a final full stop. */
function bare(entry: string): string {
  const unbulleted = stripStart(entry);
  const numbering = /^\d{1,2}[.)]/.exec(unbulleted)?.[0] ?? "";
  return stripEnd(stripStart(unbulleted.slice(numbering.length)));
}

function stripStart(text: string): string {
  let start = 0;
  while (start < text.length && WRAPPING.has(text.charAt(start))) start++;
  return text.slice(start);
}

// By index, not by regular expression: `/[...]+$/` is quadratic on long runs inside a text.
function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && WRAPPING.has(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
