import type { SpanTimes } from "./span-clock.ts";

/**
 * Where a run's time went, in seconds that add up to the whole. `transport` is what waiting for verbs took beyond the
 * engine's computing: encoding, sockets and decoding on both ends. `TypeScript` is the rest of the run, without reading the
 * pictures' files, which has a row of its own.
 */
export const PARTS = [
  "TypeScript",
  "transport",
  "reading PNG",
  "processor and tower",
  "prefill",
  "decode",
  "forward",
  "backward",
  "optimizer",
  "other verbs",
] as const;
export type Part = (typeof PARTS)[number];

/**
 * The parts of a run.
 * @param readingSeconds spent on the pictures' files inside the spans
 */
export function timeParts(
  { seconds, verbs, engine }: SpanTimes,
  readingSeconds: number,
): Record<Part, number> {
  const of = (name: string): number => engine[name] ?? 0;
  const waited = Object.values(verbs).reduce((sum, value) => sum + value, 0);
  // Names with a dot are parts of a verb that is counted already.
  const computed = Object.entries(engine).reduce(
    (sum, [name, value]) => sum + (name.includes(".") ? 0 : value),
    0,
  );
  const split = {
    "processor and tower": of("Prepare"),
    prefill: of("Sample.prefill"),
    decode: of("Sample") - of("Sample.prefill"),
    forward: of("Forward") - of("Forward.backward"),
    backward: of("Backward") + of("Forward.backward"),
    optimizer: of("Step") + of("ZeroGrad"),
  };
  const named = Object.values(split).reduce((sum, value) => sum + value, 0);
  return {
    TypeScript: seconds - waited - readingSeconds,
    transport: waited - computed,
    "reading PNG": readingSeconds,
    ...split,
    "other verbs": computed - named,
  };
}
