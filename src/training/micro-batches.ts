import { z } from "zod";
import { EngineError } from "../engine/engine-error.ts";
import { UserError } from "../util/user-error.ts";

/**
 * How much of a batch one Forward takes: so many sequences (SFT) or groups (GRPO); or as many as fill so many tokens,
 * prompts and padding included, the longest first, so that rows of one Forward are of like length.
 */
export const microBatchSchema = z.union([z.int().positive(), z.strictObject({ tokens: z.int().positive() })]);
export type MicroBatch = z.infer<typeof microBatchSchema>;

/** For several engines working on parts of one Forward. */
export function microBatchOfRanks(limit: MicroBatch, ranks: number): MicroBatch {
  return typeof limit === "number" ? limit * ranks : { tokens: limit.tokens * ranks };
}

/** A row of a Forward: a prompt with its completion, or with its group's. */
export interface SizedRow {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What a micro-batch may still hold. An out-of-memory halves it for the rest of the run, resumed runs included. */
export interface MicroBatching {
  readonly limit: MicroBatch;
  /** How often it was halved. */
  halvings: number;
  /** Hears of each halving: how many rows did not fit. */
  readonly onHalved?: (rows: number) => Promise<void>;
}

/**
 * Goes through a batch in micro-batches. Which rows share a Forward changes no sum over the batch but for rounding (and
 * which numbers dropout draws), so neither does an out-of-memory: the engine then has added nothing, and the rows are tried
 * again in halves.
 * @param work one micro-batch, with each row's place in the batch; it must change nothing of its own when it throws
 * @throws UserError when one row alone does not fit
 */
export async function forEachMicroBatch<T extends SizedRow>(
  rows: readonly T[],
  batching: MicroBatching,
  work: (micro: readonly { readonly row: T; readonly place: number }[], index: number) => Promise<void>,
): Promise<void> {
  const placed = rows.map((row, place) => ({ row, place }));
  const ordered = typeof batching.limit === "number" ? placed : placed.sort(longestFirst);
  let [from, index] = [0, 0];
  while (from < ordered.length) {
    const micro = ordered.slice(from, from + countFrom(ordered, from, batching));
    try {
      await work(micro, index);
    } catch (error) {
      if (!(error instanceof EngineError) || error.fault !== "out-of-memory") throw error;
      if (micro.length === 1) throw doesNotFit(error);
      // The limit may lie far above what there was to take: it is halved until less is taken.
      do batching.halvings += 1;
      while (countFrom(ordered, from, batching) >= micro.length);
      await batching.onHalved?.(micro.length);
      continue;
    }
    from += micro.length;
    index += 1;
  }
}

const lengthOf = ({ row }: { readonly row: SizedRow }): number => row.promptTokens + row.completionTokens;

function longestFirst(a: { readonly row: SizedRow }, b: { readonly row: SizedRow }): number {
  return lengthOf(b) - lengthOf(a);
}

/** How many rows, from one on, one Forward takes: at least one. */
function countFrom(
  ordered: readonly { readonly row: SizedRow }[],
  from: number,
  { limit, halvings }: MicroBatching,
): number {
  const first = ordered[from];
  const most =
    typeof limit === "number"
      ? limit
      : Math.floor(limit.tokens / (first === undefined ? 1 : lengthOf(first)));
  return Math.max(1, Math.floor(most / 2 ** halvings));
}

function doesNotFit(error: EngineError): UserError {
  return new UserError(
    `${error.message}; one sequence or group alone does not fit: set model.gradientCheckpointing, or lower grpo.groupSize or maxTokens`,
    1,
    { cause: error },
  );
}

/** For a line of progress: nothing, unless memory has been short. */
export function halvingsNote({ halvings }: Pick<MicroBatching, "halvings">): string {
  return halvings === 0 ? "" : `, out of memory: micro-batches of 1/${2 ** halvings} of what is set`;
}
