import type { EngineDescription } from "./engine.ts";
import { EngineError } from "./engine-error.ts";

/** Rank 0's description with what is the pool's: the tickets of all, and the memory and time of the rank with most. */
export function describeRanks(all: readonly EngineDescription[]): EngineDescription {
  const [first] = all;
  if (first === undefined) throw new EngineError("refused", "engine: there are no ranks");
  const busiest = all.find(({ busyVerb }) => busyVerb !== "") ?? first;
  const verbs = [...new Set(all.flatMap(({ seconds }) => Object.keys(seconds)))];
  const most = (verb: string): number => Math.max(...all.map(({ seconds }) => seconds[verb] ?? 0));
  return {
    ...first,
    device: `${all.length} ranks: ${[...new Set(all.map(({ device }) => device))].join(", ")}`,
    busyVerb: busiest.busyVerb,
    busySeconds: busiest.busySeconds,
    openTickets: all.reduce((sum, { openTickets }) => sum + openTickets, 0),
    peakMemoryBytes: Math.max(...all.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    seconds: Object.fromEntries(verbs.map((verb) => [verb, most(verb)])),
  };
}
