import type { AdapterInfo, Engine } from "./engine.ts";

/**
 * An engine to which zeroGrad is sent only where there may be something to zero: a new or loaded adapter has no gradient, and
 * Step leaves none. A small model's update is so short that the call for nothing shows in it.
 */
export function sparingZeroGrad<E extends Engine>(engine: E): E {
  /** Adapters whose sums are known to be empty. */
  const empty = new Set<string>();
  /** Where each adapter stands: a Step that was made already is answered from memory, and leaves the sums as they are. */
  const steps = new Map<string, number>();
  /** Rises with each verb that may add to sums. */
  let additions = 0;
  /** Waits for a verb that leaves no gradient, as far as `isSo` of its answer, unless one was added since it was sent. */
  const emptied = async <T>(name: string, done: Promise<T>, isSo: (answer: T) => boolean): Promise<T> => {
    empty.delete(name);
    const before = additions;
    const answer = await done;
    if (isSo(answer) && additions === before) empty.add(name);
    return answer;
  };
  const begun = async (name: string, done: Promise<AdapterInfo>): Promise<AdapterInfo> => {
    // Of a frozen one zeroGrad is refused, which is the engine's to say.
    const info = await emptied(name, done, ({ trainable }) => trainable);
    steps.set(name, info.step);
    return info;
  };
  return {
    ...engine,
    forward: (request) => {
      if (request.gradients !== undefined) {
        additions++;
        empty.delete(request.adapter);
      }
      return engine.forward(request);
    },
    backward: (ticket, gradients) => {
      additions++;
      empty.clear(); // of which adapter the ticket is, the engine alone knows
      return engine.backward(ticket, gradients);
    },
    zeroGrad: async (name) => {
      if (!empty.has(name)) await emptied(name, engine.zeroGrad(name), () => true);
    },
    step: async (name, expectedStep, settings) => {
      const isNext = steps.get(name) === expectedStep - 1;
      const answer = await emptied(name, engine.step(name, expectedStep, settings), () => isNext);
      steps.set(name, answer.step);
      return answer;
    },
    newAdapter: (name, origin, trainable) => begun(name, engine.newAdapter(name, origin, trainable)),
    loadState: (name, folder, options) => begun(name, engine.loadState(name, folder, options)),
    free: (what) => {
      empty.clear();
      return engine.free(what);
    },
  };
}
