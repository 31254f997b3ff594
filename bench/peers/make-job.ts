import type { Shortcut } from "../../src/engine/shortcuts.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { randomStream } from "../../src/util/random.ts";
import { slices } from "../../src/util/slices.ts";
import type { Case } from "./cases.ts";
import type { Job } from "./job.ts";
import type { Prepared } from "./prepare-model.ts";
import { FORMAT, GRPO, SEED, SFT } from "./settings.ts";

/** Which of the engine's savings our side does without. */
export interface Without {
  readonly shortcuts: readonly Shortcut[];
  readonly splitForward: boolean;
}

export const ALL_ON: Without = { shortcuts: [], splitForward: false };

/**
 * A case as both sides read it. There is a set of fresh pictures for each repetition and one more, the first, to warm up
 * on: no picture is met twice, so the feature cache is cold each time.
 */
export function makeJob(
  one: Case,
  prepared: Prepared,
  threads: number,
  { shortcuts, splitForward }: Without,
): Job {
  const traces = prepared.traces.get(one.tokens) ?? [];
  const rows = prepared.drawn.map(({ file, labels }, index) => ({
    id: `picture-${index}`,
    file,
    labels: [...labels],
    text: traces[index] ?? "",
  }));
  const sets = slices(rows, one.images).slice(0, one.repetitions + 1);
  if (sets.length <= one.repetitions) throw new Error(`${one.name}: ${rows.length} pictures are too few`);
  const { groupSize, tokens, promptsPerRollout, updatesPerRollout } = one;
  return {
    kind: one.kind,
    model: prepared.model,
    start: prepared.start,
    images: prepared.images,
    dtype: prepared.shape.dtype,
    checkpointing: false,
    threads,
    seed: SEED,
    prompt: promptByName(FORMAT).text,
    format: FORMAT,
    endOfTurn: prepared.shape.endOfTurn,
    epochs: one.epochs,
    settings:
      one.kind === "sft"
        ? { ...SFT }
        : { ...GRPO, groupSize, maxTokens: tokens, promptsPerRollout, updatesPerRollout },
    without: [...shortcuts],
    splitForward,
    sets: sets.map((set) => ({ rows: set, order: orderOf(one, set.length) })),
  };
}

/** The order in which our trainers will take a set (their own rule), for the peer to take the same. */
function orderOf({ kind, epochs }: Case, count: number): number[] {
  const indices = Array.from({ length: count }, (_, index) => index);
  if (kind === "generate") return indices;
  return Array.from({ length: kind === "sft" ? epochs : 1 }, (_, epoch) =>
    randomStream(SEED, `${kind}-order`, epoch).shuffle(indices),
  ).flat();
}
