/**
 * HTML that is escaped by construction: whatever is put into an `html` template is text, unless it is itself Html.
 * Attribute values must stand in double quotes. Not covered: URLs (none is ever made from data) and scripts (the page
 * has none).
 */

/** A piece of markup that is safe to put into a page. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Part = Html | string | number | null | undefined | readonly Part[];

/** A template whose parts are escaped; null and undefined give nothing, lists are joined. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = literals[0] ?? "";
  for (const [index, part] of parts.entries()) markup += `${markupOf(part)}${literals[index + 1] ?? ""}`;
  return new Html(markup);
}

function markupOf(part: Part): string {
  if (part === null || part === undefined) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(markupOf).join("");
  return escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text in which what HTML forbids or nobody sees is U+FFFD: control characters, halves of a surrogate pair, and the marks
 * that turn the direction of writing, which can make a text look like another.
 */
export function replaceUnseen(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/gu,
    "\ufffd",
  );
}

/** Text as it may stand in an element or a quoted attribute, see `replaceUnseen`. */
export function escapeText(text: string): string {
  return replaceUnseen(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
