import type { Engine } from "../../src/engine/engine.ts";
import type { Verb } from "../../src/training/testing/watch-verbs.ts";
import { watchVerbs } from "../../src/training/testing/watch-verbs.ts";

/** Seconds by name. */
export type Seconds = Readonly<Record<string, number>>;

/** What happened inside the spans: all of it, waiting for each verb, and what the engine computed of that. */
export interface SpanTimes {
  readonly seconds: number;
  /** Null where the system does not say. */
  readonly processorSeconds: number | null;
  readonly verbs: Seconds;
  readonly engine: Seconds;
}

/**
 * Times the parts of a run that are training: a span begins before a verb that `begins` knows, and ends by `end()`.
 * What lies between spans (validation, checkpoints) is not counted. The engine's own seconds are asked for outside the
 * spans, when it is idle, so that asking costs them nothing.
 */
export class SpanClock {
  readonly engine: Engine;
  readonly #asked: Engine;
  #verbs = new Map<string, number>();
  #computed = new Map<string, number>();
  #seconds = 0;
  readonly #processor: () => number | null;
  #processorSeconds: number | null = 0;
  #processorBegun: number | null = null;
  #begun: number | null = null;
  /** The engine's sums when the last span began; null once they have been subtracted. */
  #before: Seconds | null = null;
  #verbBegun = 0;

  /** @param processor reads the processor time of all that works */
  constructor(
    engine: Engine,
    begins: (verb: Verb, given: readonly unknown[]) => boolean,
    processor: () => number | null,
  ) {
    this.#processor = processor;
    this.#asked = engine;
    this.engine = watchVerbs(engine, {
      before: async (verb, _, given) => {
        if (this.#begun === null) await this.settle();
        if (this.#begun === null && begins(verb, given)) await this.begin();
        this.#verbBegun = performance.now();
      },
      after: (verb) => {
        if (this.#begun === null) return;
        add(this.#verbs, verb, (performance.now() - this.#verbBegun) / 1000);
      },
    });
  }

  async begin(): Promise<void> {
    await this.settle();
    this.#before = (await this.#asked.describe()).seconds;
    this.#processorBegun = this.#processor();
    this.#begun = performance.now();
  }

  /** Synchronous, because it is called from a progress report. */
  end(): void {
    if (this.#begun === null) return;
    this.#seconds += (performance.now() - this.#begun) / 1000;
    this.#begun = null;
    const now = this.#processor();
    this.#processorSeconds =
      now === null || this.#processorBegun === null || this.#processorSeconds === null
        ? null
        : this.#processorSeconds + now - this.#processorBegun;
  }

  /** Takes what the engine computed in the last span. Ask for the times after this. */
  async settle(): Promise<void> {
    if (this.#before === null || this.#begun !== null) return;
    const before = this.#before;
    this.#before = null;
    const { seconds } = await this.#asked.describe();
    for (const [name, value] of Object.entries(seconds))
      add(this.#computed, name, value - (before[name] ?? 0));
  }

  times(): SpanTimes {
    return {
      seconds: this.#seconds,
      processorSeconds: this.#processorSeconds,
      verbs: Object.fromEntries(this.#verbs),
      engine: Object.fromEntries(this.#computed),
    };
  }
}

function add(sums: Map<string, number>, name: string, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value);
}
