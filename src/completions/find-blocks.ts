import type { AnswerContract } from "../prompts/prompt.ts";
import type { FailureReason } from "./parsed-completion.ts";
import type { ReadingMode } from "./read-label-list.ts";

/** The blocks of a completion in the first dialect, or why they are not there. */
export type FoundBlocks =
  | {
      readonly outcome: "blocks";
      readonly think: string | null;
      readonly solution: string;
      readonly outside: number;
    }
  | { readonly outcome: "failed"; readonly reason: FailureReason };

interface Tag {
  readonly kind: "think" | "/think" | "solution" | "/solution";
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the think and solution blocks.
 * - strict: exactly the blocks of the contract, in order, with nothing but blanks around them; tags in lower case.
 * - lenient: exactly one solution block. A think block is read where there is exactly one, whole and before it; all
 *   else is counted as text outside. Tags in any case.
 * A tag inside another block counts as a tag. Linear in the text's length.
 */
export function findBlocks(
  text: string,
  settings: { finish: "stop" | "length"; mode: ReadingMode; answer: AnswerContract },
): FoundBlocks {
  const { mode, answer } = settings;
  const tags = findTags(text, mode);
  const of = (kind: Tag["kind"]) => tags.filter((tag) => tag.kind === kind);
  const [thinks, thinkEnds, solutions, solutionEnds] = [
    of("think"),
    of("/think"),
    of("solution"),
    of("/solution"),
  ];
  const thinkCounts = mode === "strict" && answer === "reasoned";

  const fail = (reason: FailureReason): FoundBlocks => ({ outcome: "failed", reason });
  if (solutions.length > 1 || solutionEnds.length > 1) return fail("two blocks");
  if (thinkCounts && (thinks.length > 1 || thinkEnds.length > 1)) return fail("two blocks");
  const incomplete = (reason: FailureReason) => fail(settings.finish === "length" ? "cut off" : reason);
  const [think, thinkEnd, solution, solutionEnd] = [thinks[0], thinkEnds[0], solutions[0], solutionEnds[0]];
  if (solution === undefined) return incomplete("no solution block");
  if (thinkCounts && think === undefined) return incomplete("no think block");
  if (solutionEnd === undefined || (thinkCounts && thinkEnd === undefined))
    return incomplete("unclosed block");
  if (solutionEnd.start < solution.end) return incomplete("blocks out of order");

  const wholeThink =
    thinks.length === 1 &&
    thinkEnds.length === 1 &&
    think !== undefined &&
    thinkEnd !== undefined &&
    think.end <= thinkEnd.start &&
    thinkEnd.end <= solution.start &&
    (mode === "lenient" || answer === "reasoned");
  if (thinkCounts && !wholeThink) return incomplete("blocks out of order");

  const rest = wholeThink
    ? [text.slice(0, think.start), text.slice(thinkEnd.end, solution.start), text.slice(solutionEnd.end)]
    : [text.slice(0, solution.start), text.slice(solutionEnd.end)];
  const outside = rest.reduce((sum, piece) => sum + nonBlank(piece), 0);
  if (mode === "strict" && outside > 0) return fail("text outside blocks");
  return {
    outcome: "blocks",
    think: wholeThink ? text.slice(think.end, thinkEnd.start) : null,
    solution: text.slice(solution.end, solutionEnd.start),
    outside,
  };
}

function findTags(text: string, mode: ReadingMode): Tag[] {
  const pattern = mode === "strict" ? /<(\/?(?:think|solution))>/g : /<(\/?(?:think|solution))>/gi;
  return Array.from(text.matchAll(pattern), (match) => ({
    kind: (match[1] ?? "").toLowerCase() as Tag["kind"],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Characters that are not blank. */
export function nonBlank(text: string): number {
  return text.replace(/\s+/g, "").length;
}
