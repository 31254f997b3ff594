import type { SideResult } from "./job.ts";
import type { Side } from "./side.ts";

/** The results of two sides, repetition by repetition. */
export interface Paired {
  readonly first: readonly SideResult[];
  readonly second: readonly SideResult[];
}

/**
 * Warms both sides up on set 0, then measures them in turn on sets 1, 2, ...: first, second, first, second. Whoever does
 * not work waits idle.
 */
export async function alternate<A, B>(
  first: { side: Side<A>; options: A },
  second: { side: Side<B>; options: B },
  repetitions: number,
  say: (line: string) => void,
): Promise<Paired> {
  await first.side.run(0, first.options);
  await second.side.run(0, second.options);
  const results = { first: [] as SideResult[], second: [] as SideResult[] };
  for (let set = 1; set <= repetitions; set++) {
    const a = await first.side.run(set, first.options);
    const b = await second.side.run(set, second.options);
    results.first.push(a);
    results.second.push(b);
    say(`${set} of ${repetitions}: ${a.seconds.toFixed(2)} s and ${b.seconds.toFixed(2)} s`);
  }
  return results;
}
