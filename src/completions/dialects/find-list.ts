import type { FoundList } from "./read-answer.ts";

const HEADING = "findings:";
/** What may stand before the heading in its line: markdown. */
const BEFORE = new Set([..." \t*_#>-"]);

/**
 * The list after the line that begins with "Findings:" (in any case, markdown around it allowed): the rest of that line,
 * or the lines below it, up to the first blank line. Without such a line the whole text, which then has to be a list and
 * nothing else. A list that the token limit ended is cut off: its last entry may be half a word.
 */
export function findList(text: string, finish: "stop" | "length"): FoundList {
  const lines = text.split("\n");
  const headed = lines.flatMap((line, at) => {
    const rest = afterHeading(line);
    return rest === null ? [] : [{ rest, at }];
  });
  const [heading, ...others] = headed;
  if (others.length > 0) return { outcome: "failed", reason: "two answers" };
  if (heading === undefined) {
    if (finish === "length") return { outcome: "failed", reason: "cut off" };
    return { outcome: "list", text, alone: true };
  }
  const list = heading.rest.trim() === "" ? [] : [heading.rest];
  let at = heading.at + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.trim() !== "") list.push(line);
    else if (list.length > 0) break;
  }
  const toTheEnd = lines.slice(at).every((line) => line.trim() === "");
  if (finish === "length" && toTheEnd) return { outcome: "failed", reason: "cut off" };
  return { outcome: "list", text: list.join("\n") };
}

/** What follows the heading in its line; null for another line. */
function afterHeading(line: string): string | null {
  let start = 0;
  while (start < line.length && BEFORE.has(line.charAt(start))) start++;
  // "**Findings:**" and "**Findings**:" alike.
  const head = line.slice(start, start + HEADING.length + 4).toLowerCase();
  const written = [HEADING, "findings**:", "findings__:"].find((form) => head.startsWith(form));
  return written === undefined ? null : line.slice(start + written.length);
}
