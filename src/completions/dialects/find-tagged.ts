import type { FoundList } from "./read-answer.ts";

/** The inside of the one `<answer>...</answer>`, tags in any case. What stands around it (a `<think>` block) is not read. */
export function findTagged(text: string, finish: "stop" | "length"): FoundList {
  const tags = [...text.matchAll(/<(\/?)answer>/gi)];
  const [open, ...otherOpen] = tags.filter(([, slash]) => slash === "");
  const [close, ...otherClose] = tags.filter(([, slash]) => slash !== "");
  if (otherOpen.length > 0 || otherClose.length > 0) return { outcome: "failed", reason: "two answers" };
  const isWhole = open !== undefined && close !== undefined && open.index < close.index;
  if (isWhole) return { outcome: "list", text: text.slice(open.index + open[0].length, close.index) };
  if (finish === "length") return { outcome: "failed", reason: "cut off" };
  return { outcome: "failed", reason: open === undefined ? "no answer" : "unclosed answer" };
}
