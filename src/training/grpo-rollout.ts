import type { AdamWSettings } from "../engine/engine.ts";
import { slices } from "../util/slices.ts";
import type { CollapseSigns } from "./collapse-monitor.ts";
import { type GrpoLogs, type GrpoRun, type GrpoState, POLICY, REFERENCE } from "./grpo-run.ts";
import { grpoUpdate, type OldLogprobs, type RolloutGroup, type UpdateDiagnostics } from "./grpo-update.ts";
import type { MicroBatching } from "./micro-batches.ts";
import { groupAdvantages } from "./objectives/advantage.ts";
import {
  checkScores,
  type GrpoExample,
  type ReadCompletion,
  referenceLogprobs,
  sampleRollout,
  toRewarded,
} from "./rollout.ts";
import { type RolloutStatistics, rolloutStatistics } from "./rollout-statistics.ts";
import { scheduleFactor } from "./schedule.ts";

/** Torch's defaults; unstated in the paper. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** What a rollout was like, for whoever watches the run. */
export interface RolloutOutcome {
  readonly state: GrpoState;
  readonly statistics: RolloutStatistics;
  readonly signs: CollapseSigns;
}

/** One rollout batch: sample, reward, and the updates on it; one row of metrics and one a completion in the samples. */
export async function rolloutAndLearn(
  run: GrpoRun,
  logs: GrpoLogs,
  state: GrpoState,
  batches: readonly GrpoExample[][],
): Promise<RolloutOutcome> {
  const { engine, settings, seed, answer, reward } = run;
  const { groupSize, temperature, topP, maxTokens } = settings;
  const batching: MicroBatching = {
    limit: settings.microBatch,
    halvings: state.halvings,
    onHalved: (rows) =>
      logs.metrics.append({ kind: "memory", rollout: state.rollout + 1, rows, halvings: batching.halvings }),
  };
  const examples = batches[state.rollout] ?? [];
  const rollout = state.rollout + 1;
  const sampling = { groupSize, temperature, topP, maxTokens, answer };
  const read = await sampleRollout(engine, POLICY, examples, sampling, seed, rollout);
  const step = state.rollout * settings.updatesPerRollout;
  const asked = toRewarded(examples, read);
  const learnt = learntFrom(examples, read, settings.truncated);
  // The engine computes the reference's while the reward works.
  const coming = referenceLogprobs(engine, REFERENCE, learnt, temperature, batching);
  coming.catch(() => {}); // should the reward fail first, its error is the one to tell
  const rewarded = reward(asked, { step, answer }, state.reward ?? null);
  checkScores(asked, rewarded.scores);
  const scoresByGroup = slices(rewarded.scores, groupSize);
  const advantages = scoresByGroup.map((scores) =>
    groupAdvantages(
      scores.map(({ total }) => total),
      settings.advantage,
    ),
  );
  const reference = await coming;
  const groups = learnt.map(
    ({ handle, promptTokens, tokens, prompt, completions }, at): RolloutGroup => ({
      handle,
      promptTokens,
      tokens,
      advantages: completions.map((g) => advantageOf(advantages, prompt, g)),
      referenceLogprobs: reference[at] ?? [],
    }),
  );

  const totalUpdates = batches.length * settings.updatesPerRollout;
  let old: OldLogprobs | null = null;
  const updates: (UpdateDiagnostics & { readonly learningRate: number })[] = [];
  for (let update = 0; update < settings.updatesPerRollout; update++) {
    const adamw: AdamWSettings = {
      ...ADAMW,
      learningRate: settings.learningRate * scheduleFactor(settings.schedule, step + update, totalUpdates),
      weightDecay: settings.weightDecay,
      clipNorm: settings.clipNorm,
    };
    const { learningRate } = adamw;
    const result = await grpoUpdate(engine, POLICY, groups, old, state.updates + update + 1, adamw, {
      objective: { clipLow: settings.clipLow, clipHigh: settings.clipHigh, beta: settings.beta },
      normalisation: settings.normalisation,
      completions: asked.length,
      maxTokens,
      temperature,
      batching,
    });
    old = result.old;
    updates.push({ learningRate, ...result.diagnostics });
  }
  const statistics = rolloutStatistics(read, rewarded.scores);
  await logs.metrics.append({
    kind: "rollout",
    rollout,
    step: step + updates.length,
    ...statistics,
    updates,
  });
  await logSamples(logs, rollout, examples, read, scoresByGroup);
  // Before the first update: the policy that sampled.
  const entropy = updates[0]?.entropy ?? Number.NaN;
  return {
    state: {
      ...state,
      rollout,
      updates: state.updates + updates.length,
      reward: rewarded.state,
      halvings: batching.halvings,
    },
    statistics,
    signs: { ...statistics, entropy: Number.isFinite(entropy) ? entropy : null },
  };
}

/** A group's completions that get a gradient, and where they stand in the rollout. */
interface Learnt extends Pick<RolloutGroup, "handle" | "promptTokens" | "tokens"> {
  readonly prompt: number;
  readonly completions: readonly number[];
}

/** The completions that get a gradient, by group; a group that has none is left out. */
function learntFrom(
  examples: readonly GrpoExample[],
  read: readonly (readonly ReadCompletion[])[],
  truncated: GrpoRun["settings"]["truncated"],
): Learnt[] {
  return examples.flatMap(({ handle, promptTokens }, prompt) => {
    const kept = (read[prompt] ?? []).flatMap(({ sampled: { tokens, finish } }, completion) =>
      truncated === "mask" && finish === "length" ? [] : [{ tokens, completion }],
    );
    if (kept.length === 0) return [];
    return [
      {
        handle,
        promptTokens,
        tokens: kept.map(({ tokens }) => tokens),
        prompt,
        completions: kept.map(({ completion }) => completion),
      },
    ];
  });
}

/** A completion's advantage; a missing one must not pass for 0. */
function advantageOf(advantages: readonly (readonly number[])[], prompt: number, completion: number): number {
  const advantage = advantages[prompt]?.[completion];
  if (advantage === undefined) throw new Error(`grpo: completion ${completion} of a group has no advantage`);
  return advantage;
}

/** All completions of a rollout, with what they earned: the radiologist's way in. */
async function logSamples(
  logs: GrpoLogs,
  rollout: number,
  examples: readonly GrpoExample[],
  read: readonly (readonly ReadCompletion[])[],
  scores: readonly (readonly { total: number; components: Readonly<Record<string, number>> }[])[],
): Promise<void> {
  for (const [p, { id, truth }] of examples.entries()) {
    for (const [g, { sampled, parsed }] of (read[p] ?? []).entries()) {
      await logs.samples.append({
        rollout,
        id,
        completion: g,
        text: sampled.text,
        finish: sampled.finish,
        truth,
        predicted: parsed.outcome === "labels" ? parsed.labels : null,
        failure: parsed.outcome === "failed" ? parsed.reason : null,
        reward: scores[p]?.[g]?.total,
        components: scores[p]?.[g]?.components,
      });
    }
  }
}
