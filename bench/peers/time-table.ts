import type { Comparison, TimeRow } from "./results-schema.ts";
import { spreadOf } from "./spread.ts";
import { PARTS } from "./time-parts.ts";

/** Where our time goes: each part's median over a case's repetitions, in seconds. */
export function timeRow({ name, ours }: Comparison): TimeRow {
  const seconds = Object.fromEntries(
    PARTS.map((part) => [part, spreadOf(ours.map(({ parts }) => parts?.[part] ?? 0)).median]),
  );
  return { case: name, seconds };
}
