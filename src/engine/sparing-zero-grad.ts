import type { Engine } from "./engine.ts";

/**
 * An engine to which zeroGrad is sent only where there may be something to zero. A new or loaded adapter has no gradient,
 * and Step leaves none; a small model's update is so short that the call for nothing shows in it.
 */
export function sparingZeroGrad<E extends Engine>(engine: E): E {
  /** Adapters whose sums are known to be empty. */
  const empty = new Set<string>();
  /** Notes what a verb did once it has succeeded; until then nothing is known of the adapter. */
  const leaving = async <T>(name: string, done: Promise<T>): Promise<T> => {
    empty.delete(name);
    const answer = await done;
    empty.add(name);
    return answer;
  };
  return {
    ...engine,
    forward: (request) => {
      if (request.gradients !== undefined) empty.delete(request.adapter);
      return engine.forward(request);
    },
    backward: (ticket, gradients) => {
      empty.clear(); // of which adapter the ticket is, the engine alone knows
      return engine.backward(ticket, gradients);
    },
    zeroGrad: async (name) => {
      if (!empty.has(name)) await leaving(name, engine.zeroGrad(name));
    },
    step: (name, expectedStep, settings) => leaving(name, engine.step(name, expectedStep, settings)),
    newAdapter: (name, origin, trainable) => leaving(name, engine.newAdapter(name, origin, trainable)),
    loadState: (name, folder, options) => leaving(name, engine.loadState(name, folder, options)),
    free: (what) => {
      empty.clear();
      return engine.free(what);
    },
  };
}
