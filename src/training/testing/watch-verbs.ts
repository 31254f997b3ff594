import type { Engine } from "../../engine/engine.ts";

export type Verb = keyof Engine;

export interface VerbHooks {
  /** Hears a call before the engine does. @param count 1 for the verb's first call */
  readonly before?: (verb: Verb, count: number, given: readonly unknown[]) => void | Promise<void>;
  /** Hears it when it has been answered. */
  readonly after?: (verb: Verb, count: number, given: readonly unknown[]) => void | Promise<void>;
}

/** The same engine, with someone listening: to observe a training run, or to end it at a chosen place. */
export function watchVerbs(engine: Engine, { before, after }: VerbHooks): Engine {
  const counts = new Map<Verb, number>();
  return new Proxy(engine, {
    get(target, verb: Verb) {
      const method: unknown = Reflect.get(target, verb);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]): Promise<unknown> => {
        const count = (counts.get(verb) ?? 0) + 1;
        counts.set(verb, count);
        await before?.(verb, count, given);
        const answer: unknown = await Reflect.apply(method, target, given);
        await after?.(verb, count, given);
        return answer;
      };
    },
  });
}
