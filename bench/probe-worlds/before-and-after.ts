import type { Engine } from "../../src/engine/engine.ts";
import { launchEngine } from "../../src/engine/launch-engine.ts";

/**
 * Names of the two models that one engine seems to hold: a wholly trained one cannot be told to answer as it was. The
 * second is the contract's for a wholly trainable model.
 */
export const BEFORE = "before";
export const AFTER = "full";

/** A model and a copy of it that is trained whole, asked as if one engine held both. */
export interface BeforeAndAfter {
  readonly trained: Engine;
  /** Reads: Prepare, Sample and Free go to the engines of both models. */
  readonly reader: Engine;
  /** Gives the trained one the weights of a model folder, and an optimizer that has made no step. */
  take(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** One torch thread each: the numbers then do not depend on the machine's cores. */
const LOADING = { dtype: "float32", threads: 1 } as const;

export async function launchBeforeAndAfter(source: string): Promise<BeforeAndAfter> {
  const [first, second] = await Promise.all([launchEngine(), launchEngine()]);
  await first.engine.load({ source, ...LOADING });
  await second.engine.load({ source, ...LOADING, trainable: "full" });
  return {
    trained: second.engine,
    reader: bothOf(first.engine, second.engine),
    take: async (folder) => {
      await second.engine.loadState(AFTER, folder, { optimizer: false });
    },
    close: async () => {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

/** A prompt's handle is a hash of what it holds, so both engines have one handle for it. */
function bothOf(before: Engine, after: Engine): Engine {
  return {
    ...after,
    prepare: async (prompts) => {
      const [first, second] = await Promise.all([before.prepare(prompts), after.prepare(prompts)]);
      if (first.some(({ handle }, at) => handle !== second[at]?.handle))
        throw new Error("the two engines gave one prompt two handles");
      return second;
    },
    sample: (request, onCompletion) =>
      request.adapter === BEFORE
        ? before.sample({ ...request, adapter: "" }, onCompletion)
        : after.sample(request, onCompletion),
    free: async (what) => {
      await Promise.all([before.free(what), after.free(what)]);
    },
  };
}
