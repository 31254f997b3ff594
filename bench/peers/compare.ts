import { writeFile } from "node:fs/promises";
import path from "node:path";
import { alternate } from "./alternate.ts";
import type { Case } from "./cases.ts";
import type { SideResult } from "./job.ts";
import { ALL_ON, makeJob } from "./make-job.ts";
import type { Prepared } from "./prepare-model.ts";
import type { Comparison } from "./results-schema.ts";
import type { OurOptions, PeerOptions } from "./settings.ts";
import { type SideCommand, startSide } from "./side.ts";
import { spreadOf } from "./spread.ts";

/** Where and how the sides run. */
export interface Bench {
  readonly work: string;
  readonly threads: number;
  readonly ours: SideCommand;
  readonly peer: SideCommand;
  readonly say: (line: string) => void;
}

/** Versions of both sides, as they said them. */
export interface SideVersions {
  readonly ours: Readonly<Record<string, string>>;
  readonly peer: Readonly<Record<string, string>>;
}

/**
 * Ours against the peer on one case.
 * @throws Error when the two did not do the same work: prompts, samples, updates or tokens differ
 */
export async function compare(
  bench: Bench,
  one: Case,
  prepared: Prepared,
  options: { ours: OurOptions; peer: PeerOptions },
): Promise<{ comparison: Comparison; versions: SideVersions }> {
  const { work, threads, say } = bench;
  const file = path.join(work, `job-${one.name}.json`);
  await writeFile(file, JSON.stringify(makeJob(one, prepared, threads, ALL_ON)));
  const ours = await startSide<OurOptions>(bench.ours, file);
  try {
    const peer = await startSide<PeerOptions>(bench.peer, file);
    try {
      if (ours.ready.promptTokens !== peer.ready.promptTokens)
        throw new Error(`prompts of ${ours.ready.promptTokens} and ${peer.ready.promptTokens} tokens`);
      const { first, second } = await alternate(
        { side: ours, options: options.ours },
        { side: peer, options: options.peer },
        one.repetitions,
        (line) => say(`${one.name}: ${line}`),
      );
      const versions = { ours: ours.ready.versions, peer: peer.ready.versions };
      return { comparison: toComparison(one, ours.ready.promptTokens, first, second), versions };
    } finally {
      await peer.close();
    }
  } finally {
    await ours.close();
  }
}

function toComparison(
  one: Case,
  promptTokens: number,
  ours: readonly SideResult[],
  peer: readonly SideResult[],
): Comparison {
  for (const [index, a] of ours.entries()) {
    const b = peer[index];
    for (const name of ["samples", "tokens", "updates"] as const)
      if (a[name] !== b?.[name])
        throw new Error(`repetition ${index + 1}: ${a[name]} ${name} of ours, ${b?.[name]} of the peer's`);
  }
  const perSample = (side: readonly SideResult[]) =>
    spreadOf(side.map(({ seconds, samples }) => seconds / samples));
  const tokensPerSecond = (side: readonly SideResult[]) =>
    one.kind === "generate" ? spreadOf(side.map(({ tokens = 0, seconds }) => tokens / seconds)).median : null;
  const peak = (of: (result: SideResult) => number, side: readonly SideResult[]) => Math.max(...side.map(of));
  const nodePeak = peak(({ nodePeakBytes = 0 }) => nodePeakBytes, ours);
  const losses = ours.flatMap(({ loss }, index) => {
    const other = peer[index]?.loss;
    return loss === undefined || other === undefined ? [] : [loss / other - 1];
  });
  const { repetitions: _, ...size } = one;
  return {
    ...size,
    promptTokens,
    ours: [...ours],
    peer: [...peer],
    ratio: spreadOf(ours.map(({ seconds }, index) => (peer[index]?.seconds ?? Number.NaN) / seconds)),
    ourSecondsPerSample: perSample(ours),
    peerSecondsPerSample: perSample(peer),
    ourTokensPerSecond: tokensPerSecond(ours),
    peerTokensPerSecond: tokensPerSecond(peer),
    ourPeakBytes: peak(({ peakBytes }) => peakBytes, ours) + nodePeak,
    ourNodePeakBytes: nodePeak,
    peerPeakBytes: peak(({ peakBytes }) => peakBytes, peer),
    lossDifference: losses.length === 0 ? null : Math.max(...losses.map(Math.abs)),
  };
}
