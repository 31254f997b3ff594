import { parseCompletion } from "../completions/parse-completion.ts";
import type { Engine } from "../engine/engine.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import { jaccard } from "../rewards/jaccard.ts";
import type { GrpoExample } from "./rollout.ts";

/** How a policy reads the validation set, greedily. */
export interface ReaderValidation {
  /** Over all images, a failed answer counting 0: what `best` is chosen by. */
  readonly jaccard: number;
  /** Among answers that could be read; null when there is none. */
  readonly jaccardValid: number | null;
  readonly failureRate: number;
  readonly length: number;
}

/** Reads the validation set and compares with its hospital's labels. */
export async function validateReader(
  engine: Engine,
  adapter: string,
  examples: readonly GrpoExample[],
  { maxTokens, answer }: { maxTokens: number; answer: AnswerContract },
): Promise<ReaderValidation> {
  const groups = await engine.sample({
    // Greedy: the seed decides nothing.
    prompts: examples.map(({ handle }) => ({ handle, seeds: [0n] })),
    adapter,
    temperature: 0,
    topP: 1,
    maxTokens,
  });
  const completions = groups.flat();
  const scores = completions.flatMap((completion, index) => {
    const parsed = parseCompletion(completion.text, { finish: completion.finish, mode: "lenient", answer });
    const truth = examples[index]?.truth ?? [];
    return parsed.outcome === "labels" ? [jaccard(truth, parsed.labels)] : [];
  });
  const sum = scores.reduce((total, score) => total + score, 0);
  return {
    jaccard: sum / completions.length,
    jaccardValid: scores.length === 0 ? null : sum / scores.length,
    failureRate: 1 - scores.length / completions.length,
    length: completions.reduce((total, { tokens }) => total + tokens.length, 0) / completions.length,
  };
}
