import { bestConstant } from "../../evaluation/best-constant.ts";
import { LABELS, type Label } from "../../labels/label.ts";
import type { Reward } from "../../rewards/reward.ts";
import { makeReward, rewardSettings } from "../../rewards/reward-settings.ts";
import { randomStream } from "../../util/random.ts";
import {
  type Accuracy,
  type AuditReader,
  accurateReader,
  constantReader,
  EMPTY_HANDED,
  rotatingReader,
} from "./audit-readers.ts";
import { bestAnswer } from "./best-answer.ts";
import { breakEven } from "./break-even.ts";
import { type Pay, payFor } from "./pay.ts";
import { readTruths, type TableTruths } from "./read-truths.ts";

const READERS: readonly Accuracy[] = [
  { sensitivity: 0.5, specificity: 0.9 },
  { sensitivity: 0.6, specificity: 0.9 },
  { sensitivity: 0.7, specificity: 0.9 },
  { sensitivity: 0.8, specificity: 0.95 },
  { sensitivity: 0.9, specificity: 0.95 },
  { sensitivity: 1, specificity: 1 },
];
const SPECIFICITIES = [0.8, 0.9, 0.95, 0.99];
/** Rows that searches look at, drawn at random: they pay some hundred readers. */
const SEARCHED = 5000;

export interface RewardAudit {
  readonly reward: "hard" | "nuanced";
  readonly readers: readonly (Pay & { readonly name: string })[];
  /** The best paid of all that look at no picture. */
  readonly bestBlind: { readonly name: string; readonly pay: number };
  /** The sensitivity from which a reader of a specificity earns as much as that; null: none does. */
  readonly breakEven: readonly { readonly specificity: number; readonly sensitivity: number | null }[];
}

export interface RewardsAudit {
  readonly schema: "chexreason.rewards-audit/1";
  readonly seed: number;
  readonly rows: number;
  readonly setAside: TableTruths["setAside"];
  readonly withoutPositive: number;
  /** Rows that are paid for. */
  readonly paid: number;
  /** The constant answer of the highest mean Jaccard, over the rows paid and over those without a positive label too. */
  readonly bestConstant: {
    readonly labels: readonly Label[];
    readonly jaccard: number;
    readonly jaccardAll: number;
  };
  readonly rewards: readonly RewardAudit[];
}

/**
 * What the built-in rewards, with the paper's constants, pay to readers that do not look beside readers that see to a
 * stated degree, on the labels of a table. Answers are long enough for any threshold.
 */
export async function auditRewards(file: string, seed: number): Promise<RewardsAudit> {
  const { truths: inOrder, withoutPositive, rows, setAside } = await readTruths(file);
  // A table may lie in an order; a reward with a memory should meet the rows as training would.
  const truths = randomStream(seed, "rewards-audit").shuffle(inOrder);
  const constant = bestConstant(truths, LABELS);
  return {
    schema: "chexreason.rewards-audit/1",
    seed,
    rows,
    setAside,
    withoutPositive,
    paid: truths.length,
    bestConstant: {
      ...constant,
      jaccardAll: (constant.jaccard * truths.length) / (truths.length + withoutPositive),
    },
    rewards: (["hard", "nuanced"] as const).map((kind) => auditReward(kind, truths, constant.labels, seed)),
  };
}

function auditReward(
  kind: RewardAudit["reward"],
  truths: readonly (readonly Label[])[],
  constant: readonly Label[],
  seed: number,
): RewardAudit {
  const reward: Reward = makeReward(rewardSettings.parse({ kind }));
  const searched = truths.slice(0, SEARCHED);
  const answer = bestAnswer(searched, reward);
  const blind = [
    constantReader(`best constant found: ${answer.join(", ")}`, answer),
    constantReader(`constant: ${constant.join(", ")}`, constant),
    rotatingReader("the same, each label left out of every third answer", constant),
    ...EMPTY_HANDED,
  ];
  const pay = (reader: AuditReader) => ({ name: reader.name, ...payFor(reader, truths, reward) });
  const blindPays = blind.map(pay);
  const [best] = [...blindPays].sort((a, b) => b.reward - a.reward);
  if (best === undefined) throw new Error("rewards audit: no blind reader");
  return {
    reward: kind,
    readers: [...blindPays, ...READERS.map((accuracy) => pay(accurateReader(accuracy, seed)))],
    bestBlind: { name: best.name, pay: best.reward },
    breakEven: SPECIFICITIES.map((specificity) => ({
      specificity,
      sensitivity: breakEven(
        (sensitivity) => payFor(accurateReader({ sensitivity, specificity }, seed), searched, reward).reward,
        best.reward,
      ),
    })),
  };
}
