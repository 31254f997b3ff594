import type { Engine, SampledCompletion, SampleRequest } from "./engine.ts";
import { EngineError } from "./engine-error.ts";

type Sample = Engine["sample"];

/** A completion's place in its request. */
interface Place {
  readonly prompt: number;
  readonly completion: number;
}

/**
 * Sample as `sample` does it; where memory is short, with half as many completions side by side, from then on. What was
 * sampled before stays, and which completions run together changes none of them but for rounding (with the engine's
 * kernels, on a CPU, not even that): each has its own seed. A program that is started again begins with all of them.
 * @param say hears of each halving
 * @throws EngineError `out-of-memory` when one completion alone does not fit
 */
export function sampleWithinMemory(sample: Sample, say: (line: string) => void): Sample {
  /** As many as fit, for all that is known. */
  let most = Number.POSITIVE_INFINITY;
  return async (request, onCompletion) => {
    const done: SampledCompletion[][] = request.prompts.map(() => []);
    for (let answered = false; ; ) {
      const { prompts, places } = missing(request, done);
      const rows = places.flat().length;
      if (rows === 0) return done;
      if (answered)
        throw new EngineError("refused", `engine: Sample ended without ${rows} of its completions`);
      const maxRows = Math.min(request.maxRows || Number.POSITIVE_INFINITY, most);
      try {
        await sample({ ...request, prompts, ...(Number.isFinite(maxRows) ? { maxRows } : {}) }, (one) => {
          const place = places[one.prompt]?.[one.completion];
          const row = place === undefined ? undefined : done[place.prompt];
          if (place === undefined || row === undefined) return; // what is missing in its stead is told above
          const placed = { ...one, ...place };
          row[place.completion] = placed;
          onCompletion?.(placed);
        });
        answered = true;
      } catch (error) {
        if (!(error instanceof EngineError) || error.fault !== "out-of-memory") throw error;
        const tried = Math.min(maxRows, rows);
        if (tried <= 1) throw error;
        most = Math.floor(tried / 2);
        say(`out of memory in Sample: from now on at most ${most} completions side by side`);
      }
    }
  };
}

/** What of a request is not sampled yet, and where each of it belongs. Prompts that are done are left out. */
function missing({ prompts }: SampleRequest, done: readonly (readonly SampledCompletion[])[]) {
  const left = prompts.flatMap(({ handle, seeds }, prompt) => {
    const open = seeds.flatMap((seed, completion) =>
      done[prompt]?.[completion] === undefined
        ? [{ seed, place: { prompt, completion } satisfies Place }]
        : [],
    );
    return open.length === 0 ? [] : [{ handle, open }];
  });
  return {
    prompts: left.map(({ handle, open }) => ({ handle, seeds: open.map(({ seed }) => seed) })),
    places: left.map(({ open }) => open.map(({ place }) => place)),
  };
}
