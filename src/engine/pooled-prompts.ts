import type { PreparedPrompt, PromptInput } from "./engine.ts";
import { type Rank, together } from "./rank.ts";
import { inOrder, type Share, shareOut } from "./share-out.ts";

/** Which rank holds which prompt, and the ways a prompt gets to a rank. */
export interface PooledPrompts {
  /** Dealt out: each picture goes through the vision tower of one rank. */
  prepare(prompts: readonly PromptInput[]): Promise<PreparedPrompt[]>;
  extend(handle: string, tokens: readonly number[]): Promise<PreparedPrompt>;
  /** Takes the prompts that a rank is about to compute with to it, where they are not there yet. */
  bring(shares: readonly Share<{ readonly handle: string }>[]): Promise<void>;
  /** Frees the prompt wherever it is. */
  free(handle: string): Promise<void>;
}

/**
 * The prompts of several ranks. A prompt is prepared on one rank and moves, tokens and features, to any other that
 * computes with it, once: over a training's epochs each rank comes to hold what it needs (1.3 MB a picture for MedGemma;
 * past the engine's memory limit in its folder).
 */
export function pooledPrompts(ranks: readonly Rank[], lost: Promise<never>): PooledPrompts {
  const holders = new Map<string, Set<number>>();
  const engineOf = (rank: number) => {
    const found = ranks[rank];
    if (found === undefined) throw new Error(`there is no rank ${rank}`);
    return found.engine;
  };
  const hold = (handle: string, rank: number): void => {
    const known = holders.get(handle);
    if (known === undefined) holders.set(handle, new Set([rank]));
    else known.add(rank);
  };
  // One that nobody holds is rank 0's to refuse.
  const holderOf = (handle: string): number => Math.min(...(holders.get(handle) ?? [0]));

  const move = async (handle: string, to: number): Promise<void> => {
    const data = await engineOf(holderOf(handle)).exportPrompt(handle);
    await engineOf(to).importPrompt(data);
    hold(handle, to);
  };

  return {
    async prepare(prompts) {
      const shares = shareOut(prompts, ranks.length);
      const answers = await together(
        lost,
        shares.map(({ rank, items }) => ({ rank, answer: engineOf(rank).prepare(items) })),
      );
      for (const [index, { rank }] of shares.entries())
        for (const { handle } of answers[index] ?? []) hold(handle, rank);
      return inOrder(shares, answers);
    },

    async extend(handle, tokens) {
      const rank = holderOf(handle);
      const [longer] = await together(lost, [{ rank, answer: engineOf(rank).extend(handle, tokens) }]);
      if (longer === undefined) throw new Error("together: no answer");
      hold(longer.handle, rank);
      return longer;
    },

    async bring(shares) {
      const missing = shares.map(({ rank, items }) => {
        const handles = new Set(items.map(({ handle }) => handle));
        return { rank, handles: [...handles].filter((handle) => !(holders.get(handle)?.has(rank) ?? true)) };
      });
      await together(
        lost,
        missing.map(({ rank, handles }) => ({
          rank,
          answer: (async () => {
            for (const handle of handles) await move(handle, rank);
          })(),
        })),
      );
    },

    async free(handle) {
      const held = [...(holders.get(handle) ?? [0])];
      await together(
        lost,
        held.map((rank) => ({ rank, answer: engineOf(rank).free({ handle }) })),
      );
      holders.delete(handle);
    },
  };
}
