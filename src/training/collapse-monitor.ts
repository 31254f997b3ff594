import { z } from "zod";
import { LABELS, type Label } from "../labels/label.ts";

/** What a collapsing policy shows, by name. */
export const COLLAPSE_RULES = ["entropy drop", "one label", "looping text", "same text"] as const;
export type CollapseRule = (typeof COLLAPSE_RULES)[number];

export interface CollapseSettings {
  /** What to do once a rule has held for `patience` rollouts. `warn` writes it down and goes on. */
  readonly action: "warn" | "stop" | "restore";
  /** "entropy drop": the tokens' mean entropy is below this share of the first rollout's. */
  readonly entropyFloor: number;
  /** "one label": a label stands in more than this share of the answers that could be read. */
  readonly dominance: number;
  /** "looping text": more than this share of the completions repeat themselves. */
  readonly looping: number;
  /** "same text": more than this share of the completions are, to the letter, another image's. */
  readonly sameText: number;
  /** Rollouts in a row that a rule must hold. */
  readonly patience: number;
  /** `restore`: how often, before training ends instead. */
  readonly restores: number;
}

/** What the monitor looks at, once a rollout. */
export interface CollapseSigns {
  /** Nats a token, before the rollout's first update; null where there was no token. */
  readonly entropy: number | null;
  /** Answers that could be read. */
  readonly answers: number;
  readonly labelShares: Readonly<Record<Label, number>>;
  readonly looping: number;
  readonly sameText: number;
}

/** A rule that has held long enough, with the number that broke it. */
export interface CollapseAlarm {
  readonly rule: CollapseRule;
  /** A few words: "Support Devices in 0.83 of the answers". */
  readonly detail: string;
}

/** Below this many answers a share says nothing about a policy. */
const FEWEST_ANSWERS = 20;

/** The monitor's memory. Plain JSON: checkpoints save it. */
export const monitorStateSchema = z.object({
  /** Entropy of the first rollout. */
  firstEntropy: z.number().nullable(),
  /** Rollouts in a row that each rule has held. */
  streaks: z.record(z.enum(COLLAPSE_RULES), z.int()),
});
export type MonitorState = z.infer<typeof monitorStateSchema>;

const NO_STREAKS: MonitorState["streaks"] = {
  "entropy drop": 0,
  "one label": 0,
  "looping text": 0,
  "same text": 0,
};

export const FIRST_MONITOR: MonitorState = { firstEntropy: null, streaks: NO_STREAKS };

/** Whether no rule holds: a checkpoint made now is one to come back to. */
export function isSound({ streaks }: MonitorState): boolean {
  return COLLAPSE_RULES.every((rule) => streaks[rule] === 0);
}

/** Forgets the streaks, as after a restore; what the first rollout was like stays known. */
export function forgetStreaks(state: MonitorState): MonitorState {
  return { ...state, streaks: NO_STREAKS };
}

/**
 * One rollout more. `standing` are all alarms of the moment; `fresh` those that this rollout has raised.
 *
 * The paper (3.2.2) saw "sharp drops in policy entropy, repetitive outputs" and falling validation scores, and gives no
 * bounds; they are ours, but for 0.7, above which its nuanced reward calls a label dominating. A model may rightly name a
 * label that most images have, so the default is to warn. Validation scores are watched by the choice of `best`.
 */
export function watchCollapse(
  state: MonitorState,
  signs: CollapseSigns,
  settings: CollapseSettings,
): { state: MonitorState; standing: CollapseAlarm[]; fresh: CollapseAlarm[] } {
  const firstEntropy = state.firstEntropy ?? signs.entropy;
  const details = brokenRules(signs, firstEntropy, settings);
  const streaks = { ...NO_STREAKS };
  for (const rule of details.keys()) streaks[rule] = state.streaks[rule] + 1;
  const standing = [...details].flatMap(([rule, detail]) =>
    streaks[rule] >= settings.patience ? [{ rule, detail }] : [],
  );
  return {
    state: { firstEntropy, streaks },
    standing,
    fresh: standing.filter(({ rule }) => streaks[rule] === settings.patience),
  };
}

/** Rule -> detail, for the rules that hold in this rollout. */
function brokenRules(
  signs: CollapseSigns,
  firstEntropy: number | null,
  { entropyFloor, dominance, looping, sameText }: CollapseSettings,
): Map<CollapseRule, string> {
  const broken = new Map<CollapseRule, string>();
  const { entropy, answers, labelShares } = signs;
  if (entropy !== null && firstEntropy !== null && entropy < entropyFloor * firstEntropy)
    broken.set("entropy drop", `entropy ${entropy.toFixed(3)} nats, at first ${firstEntropy.toFixed(3)}`);
  const named = LABELS.filter((label) => labelShares[label] > dominance);
  if (answers >= FEWEST_ANSWERS && named.length > 0)
    broken.set(
      "one label",
      named.map((label) => `${label} in ${labelShares[label].toFixed(2)} of the answers`).join(", "),
    );
  if (signs.looping > looping)
    broken.set("looping text", `${signs.looping.toFixed(2)} of the completions repeat themselves`);
  if (signs.sameText > sameText)
    broken.set("same text", `${signs.sameText.toFixed(2)} of the completions are another image's`);
  return broken;
}
