import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bestConstant } from "../../evaluation/best-constant.ts";
import { LABELS, type Label } from "../../labels/label.ts";
import { hardReward } from "../../rewards/hard-reward.ts";
import { makeReward, rewardSettings } from "../../rewards/reward-settings.ts";
import { randomStream } from "../../util/random.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { accurateReader, constantReader, EMPTY_HANDED, rotatingReader } from "./audit-readers.ts";
import { auditRewards } from "./audit-rewards.ts";
import { bestAnswer } from "./best-answer.ts";
import { breakEven } from "./break-even.ts";
import { payFor } from "./pay.ts";
import { readTruths } from "./read-truths.ts";
import { renderAudit } from "./render-audit.ts";

const folder = scratchFolder();
const hard = makeReward(rewardSettings.parse({ kind: "hard" }));
const nuanced = makeReward(rewardSettings.parse({ kind: "nuanced" }));
const TRUTHS: readonly (readonly Label[])[] = [["Edema"], ["Edema", "Pneumonia"], ["Fracture"], ["Edema"]];

/** Rows whose labels come with these probabilities, by a stream. */
function drawnTruths(count: number, seed: number): Label[][] {
  const stream = randomStream(seed, "truths");
  const chances = LABELS.map(() => 0.02 + 0.5 * stream.uniform());
  return Array.from({ length: count }, () => LABELS.filter((_, i) => stream.chance(chances[i] ?? 0))).filter(
    (truth) => truth.length > 0,
  );
}

describe("payFor", () => {
  it("pays by the reward itself: values worked by hand", () => {
    const edema = constantReader("", ["Edema"]);
    expect(payFor(edema, TRUTHS, hard)).toEqual({
      reward: (1 + 0.5 + 0 + 1) / 4,
      components: { jaccard: 2.5 / 4, length: 0 },
    });
    // 100 + 30 + 20, 15 + 20, -10, 150.
    expect(payFor(edema, TRUTHS, nuanced).reward).toBe((150 + 35 - 10 + 150) / 4);
    const [shotgun, empty, invalid] = EMPTY_HANDED.map((reader) => payFor(reader, TRUTHS, hard).reward);
    expect(shotgun).toBeCloseTo((1 + 2 + 1 + 1) / 14 / 4, 14);
    expect([empty, invalid]).toEqual([0, 0]);
    expect(EMPTY_HANDED.slice(1).map((reader) => payFor(reader, TRUTHS, nuanced).reward)).toEqual([
      -100, -100,
    ]);
  });

  it("carries the reward's memory from rollout to rollout: a constant collapses", () => {
    const truths = Array.from({ length: 150 }, (): Label[] => ["Edema"]);
    // From the 100th prediction on, -50 and -30.
    expect(payFor(constantReader("", ["Edema"]), truths, nuanced).components.collapse).toBeCloseTo(
      (-80 * 51) / 150,
      12,
    );
  });

  it("does not see a constant that rotates as collapsed", () => {
    const labels: Label[] = ["Edema", "Fracture", "Pneumonia"];
    const truths = Array.from({ length: 300 }, () => labels);
    const { reward, components } = payFor(rotatingReader("", labels), truths, nuanced);
    expect(components.collapse).toBe(0);
    expect(reward).toBeCloseTo(30 * (2 / 3) + 20, 12);
  });

  it("pays a reader of known accuracy what the binomials say", () => {
    const truths = Array.from({ length: 20_000 }, (): Label[] => ["Edema"]);
    const reader = accurateReader({ sensitivity: 0.6, specificity: 0.95 }, 3);
    // E[1 / (1 + FP)] with FP ~ Bin(13, 0.05), when Edema is named.
    const chance = (n: number, k: number, p: number): number =>
      k === 0 ? (1 - p) ** n : (chance(n, k - 1, p) * (n - k + 1) * p) / (k * (1 - p));
    let expected = 0;
    for (let k = 0; k <= 13; k++) expected += (0.6 * chance(13, k, 0.05)) / (1 + k);
    expect(Math.abs(payFor(reader, truths, hard).reward - expected)).toBeLessThan(0.01);
  });

  it("never pays a reader less for being more sensitive", () => {
    const truths = drawnTruths(500, 1);
    const pays = [0, 0.2, 0.5, 0.8, 1].map(
      (sensitivity) => payFor(accurateReader({ sensitivity, specificity: 0.9 }, 1), truths, hard).reward,
    );
    expect([...pays].sort((a, b) => a - b)).toEqual(pays);
    expect(payFor(accurateReader({ sensitivity: 1, specificity: 1 }, 1), truths, hard).reward).toBe(1);
  });
});

describe("bestAnswer", () => {
  it("finds by single labels what trying all sets finds, for the Jaccard index", () => {
    const reward = hardReward();
    for (const seed of [1, 2, 3]) {
      const truths = drawnTruths(300, seed);
      const exhaustive = bestConstant(truths, LABELS);
      const found = bestAnswer(truths, (rollout, context) => reward(rollout, context, null));
      expect(found).toEqual(exhaustive.labels);
      expect(payFor(constantReader("", found), truths, hard).reward).toBeCloseTo(exhaustive.jaccard, 12);
    }
  });
});

describe("breakEven", () => {
  it("brackets where the pay reaches the wage", () => {
    expect(breakEven((s) => s * s, 0.25)).toBeCloseTo(0.5, 2);
    expect(breakEven((s) => s, 1.5)).toBeNull();
    expect(breakEven(() => 1, 0.5)).toBe(0);
    expect(breakEven((s) => (s < 0.9 ? s : 0), 0.3)).toBeCloseTo(0.3, 2);
  });
});

describe("auditRewards", () => {
  const write = async (rows: readonly string[]): Promise<string> => {
    const file = path.join(folder, "train.csv");
    const header = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Cardiomegaly,Edema,Support Devices";
    await writeFile(file, `${[header, ...rows].join("\n")}\n`);
    return file;
  };
  const row = (patient: number, view: string, labels: string) =>
    `CheXpert-v1.0/train/patient${patient}/study1/view1_${view.toLowerCase()}.jpg,Male,50,${view},AP,${labels}`;

  it("pays the rows that have a positive label, and accounts for the others", async () => {
    const file = await write([
      row(1, "Frontal", ",1.0,1.0,"),
      row(2, "Frontal", ",0.0,-1.0,1.0"),
      row(2, "Frontal", ",0.0,-1.0,1.0"),
      row(3, "Frontal", "0.0,0.0,-1.0,"),
      row(4, "Lateral", "1.0,,,"),
      row(5, "Frontal", "one,,,"),
    ]);
    expect(await readTruths(file)).toEqual({
      rows: 6,
      setAside: { "duplicate row": 1, "lateral view": 1, "malformed row": 1 },
      withoutPositive: 1,
      truths: [["Cardiomegaly", "Edema"], ["Support Devices"]],
    });
    const audit = await auditRewards(file, 0);
    expect(audit).toMatchObject({ rows: 6, paid: 2, withoutPositive: 1 });
    expect(audit.bestConstant).toEqual({ labels: ["Support Devices"], jaccard: 0.5, jaccardAll: 1 / 3 });
    expect(audit.rewards.map(({ reward }) => reward)).toEqual(["hard", "nuanced"]);
    for (const { readers } of audit.rewards) {
      const perfect = readers.find(({ name }) => name.includes("sensitivity 1,"));
      expect(perfect?.reward).toBe(Math.max(...readers.map(({ reward }) => reward)));
    }
    const text = renderAudit(audit);
    expect(text).toContain("6 rows: 2 with a positive label are paid for, 1 without one are not");
    expect(text).toContain("best constant by Jaccard: Support Devices: 0.500 (0.333");
  });

  it("refuses a table in which nothing is positive", async () => {
    await expect(auditRewards(await write([row(1, "Frontal", ",0.0,,")]), 0)).rejects.toThrow(
      "none of 1 rows has a positive label",
    );
  });
});
