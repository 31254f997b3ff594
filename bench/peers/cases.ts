/** One size at which both sides do the same work. */
export interface Case {
  readonly name: string;
  readonly kind: "sft" | "grpo" | "generate";
  /** Side of the pictures. */
  readonly pixels: number;
  /** Completions of a prompt; 1 in SFT. */
  readonly groupSize: number;
  /** Tokens of a completion, the end of turn included in SFT. */
  readonly tokens: number;
  /** Pictures of one repetition. */
  readonly images: number;
  /** SFT: how often each is seen, beginning with a cold feature cache. */
  readonly epochs: number;
  /** GRPO: updates on one rollout, and pictures of one. */
  readonly updatesPerRollout: number;
  readonly promptsPerRollout: number;
  /** Measured repetitions of each side, in turn. */
  readonly repetitions: number;
}

const ROLLOUT = 4;

function sft(name: string, size: Partial<Case>): Case {
  return {
    name,
    kind: "sft",
    pixels: 448,
    groupSize: 1,
    tokens: 64,
    images: 16,
    epochs: 1,
    updatesPerRollout: 1,
    promptsPerRollout: ROLLOUT,
    repetitions: 2,
    ...size,
  };
}

function rollouts(kind: "grpo" | "generate", name: string, size: Partial<Case>): Case {
  return { ...sft(name, {}), kind, groupSize: 4, images: ROLLOUT, ...size };
}
const grpo = (name: string, size: Partial<Case>) => rollouts("grpo", name, size);
const generate = (name: string, size: Partial<Case>) => rollouts("generate", name, size);

/** The sizes that the targets speak of have most repetitions; the sweep goes from the first along one axis at a time. */
export const CASES: readonly Case[] = [
  grpo("grpo", { repetitions: 3 }),
  grpo("grpo-512-tokens", { tokens: 512, repetitions: 2 }),
  sft("sft", { repetitions: 4 }),
  sft("sft-3-epochs", { epochs: 3, repetitions: 2 }),
  generate("generate", { repetitions: 3 }),
  generate("generate-512-tokens", { tokens: 512, repetitions: 2 }),
  grpo("grpo-2-updates", { updatesPerRollout: 2 }),
  grpo("grpo-112-pixels", { pixels: 112 }),
  grpo("grpo-224-pixels", { pixels: 224 }),
  grpo("grpo-g2", { groupSize: 2 }),
  grpo("grpo-g16", { groupSize: 16 }),
  sft("sft-112-pixels", { pixels: 112 }),
  sft("sft-224-pixels", { pixels: 224 }),
  sft("sft-512-tokens", { tokens: 512 }),
];

/** Smaller and fewer, to see that everything runs: no figures to speak of. */
export function quickCases(): Case[] {
  return CASES.filter(({ name }) => ["grpo", "sft", "generate"].includes(name)).map((one) => ({
    ...one,
    pixels: 112,
    tokens: 16,
    images: one.promptsPerRollout,
    repetitions: 1,
  }));
}
