import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grpoCurves, sftCurves } from "./training-curves.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "chexreason-curves-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function metrics(...rows: object[]): Promise<string> {
  const file = path.join(folder, "metrics.jsonl");
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return file;
}
const update = (kl: number | null, gradientNorm: number | null) => ({
  kl,
  clipFraction: 0.5,
  entropy: 2,
  gradientNorm,
});
const rollout = (number: number, ...updates: object[]) => ({
  kind: "rollout",
  rollout: number,
  reward: 0.25,
  components: { jaccard: 0.3, length: -0.05 },
  length: 60,
  failureRate: 0.125,
  labelShares: { Edema: 0.5 },
  updates,
});

describe("sftCurves", () => {
  it("parts steps from validations", async () => {
    const point = { epoch: 0, loss: 2, tokenAccuracy: 0.5 };
    const file = await metrics(
      { kind: "validation", step: 0, ...point },
      { kind: "step", step: 1, ...point, loss: 1 },
    );
    expect(await sftCurves(file, 1)).toEqual({
      training: [{ step: 1, loss: 1, tokenAccuracy: 0.5 }],
      validation: [{ step: 0, loss: 2, tokenAccuracy: 0.5 }],
      bestStep: 1,
    });
  });
});

describe("grpoCurves", () => {
  it("has one point a rollout, the mean of its updates", async () => {
    const file = await metrics({ kind: "validation", rollout: 0 }, rollout(1, update(0, 3), update(0.5, 1)));
    const { points, validations, collapses } = await grpoCurves(file);
    expect(points).toEqual([
      {
        step: 1,
        reward: 0.25,
        components: { jaccard: 0.3, length: -0.05 },
        completionLength: 60,
        entropy: 2,
        kl: 0.25,
        clipFraction: 0.5,
        gradientNorm: 2,
        failureShare: 0.125,
        labelShares: { Edema: 0.5 },
      },
    ]);
    expect(validations).toEqual([{ rollout: 0, jaccard: null, jaccardValid: null, failureRate: null }]);
    expect(collapses).toEqual([]);
  });

  it("leaves out what was not finite instead of calling it 0", async () => {
    const { points } = await grpoCurves(
      await metrics(rollout(1, update(0.5, null), update(0.25, 4)), rollout(2, update(null, null))),
    );
    const [some, none] = points;
    expect(some).toMatchObject({ kl: 0.375, gradientNorm: 4 });
    expect(none).not.toHaveProperty("kl");
    expect(none).not.toHaveProperty("gradientNorm");
  });

  it("has what the monitor wrote down, and the signs that it looks at", async () => {
    const alarm = { rule: "one label", detail: "Edema in 0.83 of the answers" };
    const signs = { failures: { "cut off": 3 }, truncated: 0.1, looping: 0.2, sameText: 0.3 };
    const file = await metrics(
      { ...rollout(1, update(0, 1)), ...signs },
      { kind: "collapse", rollout: 1, alarms: [alarm], action: "restore", to: 0 },
      { kind: "collapse", rollout: 2, alarms: [alarm], action: "stop" },
      { kind: "validation", rollout: 2, jaccard: 0.5, jaccardValid: 0.6, failureRate: 0.1, length: 9 },
    );
    const { points, validations, collapses } = await grpoCurves(file);
    const { failures, ...shares } = signs;
    expect(points[0]).toMatchObject({ failureReasons: failures, ...shares });
    expect(collapses).toEqual([
      { rollout: 1, alarms: [alarm], action: "restore", to: 0 },
      { rollout: 2, alarms: [alarm], action: "stop", to: null },
    ]);
    expect(validations).toEqual([{ rollout: 2, jaccard: 0.5, jaccardValid: 0.6, failureRate: 0.1 }]);
  });

  it("refuses a kind of row that it does not know", async () => {
    await expect(grpoCurves(await metrics({ kind: "surprise", rollout: 1 }))).rejects.toThrow();
  });
});
