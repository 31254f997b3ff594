import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCohort } from "../cohort/cohort-file.ts";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { readLabelScores } from "../evaluation/label-score-file.ts";
import { readPredictions } from "../evaluation/prediction-file.ts";
import type { Label } from "../labels/label.ts";
import { positiveLabels } from "../labels/policy.ts";
import { hashFile } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import { readResults } from "./read-results.ts";
import { runStudy } from "./run-study.ts";
import { statedBy } from "./stages/data-stage.ts";
import { testSetFile } from "./stages/test-set-stage.ts";

const scratch = scratchFolder();
const FILE = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
folder: ${JSON.stringify(path.join(scratch, "small"))}
model: { source: ${PACKAGE_ROOT}/models/phantom-gemma3, dtype: float32, minVisualTokens: 0, maxVisualTokens: 0, gradientCheckpointing: false, threads: 1 }
data:
  here: { kind: phantom, site: phantom-mimic, images: 24, size: 112 }
  there: { kind: phantom, site: phantom-nih, images: 80, size: 112 }
cohort: { source: here, sft: 4, rl: 2, validation: 2, floor: 0 }
format: only-label
teacher: { kind: worded }
sft: null
grpo: null
`;
/** More than the images after which scores are written down. */
const SCORED = 40;

async function run(onScored: () => void = () => {}): Promise<string[]> {
  const worked: string[] = [];
  await runStudy(await loadStudy(FILE), {
    until: "report",
    listener: {
      onStage: ({ stage, state }) => void (state === "finished" && worked.push(stage)),
      onProgress: ({ note }) => {
        if (note === "scoring labels") onScored();
      },
    },
    engine: {},
    signal: new AbortController().signal,
  });
  return worked;
}

const SCORES = path.join(scratch, "small/predictions/base@there.scores.parquet");
let journals: string[];
beforeAll(async () => {
  const evaluation = {
    sets: { there: { n: 44 } },
    maxTokens: 48,
    resamples: 100,
    labelScores: { n: SCORED },
  };
  await writeFile(FILE, `${STUDY}evaluation: ${JSON.stringify(evaluation)}\n`);
  const breakOff = (): never => {
    throw new Error("broken off");
  };
  await expect(run(breakOff)).rejects.toThrow("broken off");
  journals = (await readdir(path.dirname(SCORES))).filter((name) => name.endsWith(".jsonl"));
});

describe("label scores in a study", () => {
  it("go on after an interruption, to the same bytes", async () => {
    expect(journals).toHaveLength(1);
    const journal = path.join(path.dirname(SCORES), journals[0] ?? "");
    const first = (await readFile(journal, "utf8")).split("\n").slice(0, -1);
    expect(first).toHaveLength(32);
    const seen: number[] = [];
    expect(await run(() => seen.push(1))).toEqual(["label-scores base@there", "report"]);
    // One more batch, not both.
    expect(seen).toHaveLength(1);
    expect(existsSync(journal)).toBe(false);
    const whole = await hashFile(SCORES);
    await writeFile(SCORES, "");
    expect(await run()).toEqual(["label-scores base@there"]);
    expect(await hashFile(SCORES)).toBe(whole);
    expect(await run()).toEqual([]);
  });

  it("are of the answers that were stored, and stand in the results as worked out by hand", async () => {
    const { config, folder } = await loadStudy(FILE);
    const { records } = await readCohort(path.join(folder, testSetFile("there")));
    const answers = await readPredictions(path.join(folder, "predictions/base@there.parquet"));
    const rows = await readLabelScores(SCORES);
    expect(rows).toHaveLength(SCORED);
    const images = rows.map(({ id, logOdds }) => {
      const record = records.find((candidate) => candidate.id === id);
      const answer = answers.find((candidate) => candidate.id === id);
      if (record === undefined || answer === undefined) throw new Error(`no ${id}`);
      expect(logOdds === null).toBe(answer.labels === null);
      return { truth: positiveLabels(record.labels), logOdds };
    });
    const { labelScores, rows: results } = await readResults(path.join(folder, "reports/results.json"));
    expect(labelScores.map(({ label }) => label)).toEqual(statedBy(config, "there"));
    const byHand = (label: Label) => {
      const scored = images.map(({ truth, logOdds }) => ({
        score: logOdds?.[label] ?? Number.NEGATIVE_INFINITY,
        chance: logOdds === null ? 0 : 1 / (1 + Math.exp(-logOdds[label])),
        isThere: truth.includes(label),
      }));
      const [up, down] = [true, false].map((is) => scored.filter(({ isThere }) => isThere === is));
      const pairs = (up ?? []).flatMap((a) =>
        (down ?? []).map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)),
      );
      return {
        positives: up?.length ?? 0,
        auroc: pairs.reduce<number>((a, b) => a + b, 0) / pairs.length,
        brier:
          scored.reduce((sum, { chance, isThere }) => sum + (chance - (isThere ? 1 : 0)) ** 2, 0) /
          scored.length,
      };
    };
    const defined: number[] = [];
    for (const { label, support, auroc, brier, n } of labelScores) {
      const wanted = byHand(label);
      expect([n, support]).toEqual([SCORED, wanted.positives]);
      expect(brier.value).toBeCloseTo(wanted.brier, 12);
      if (support === 0) expect(auroc.value).toBeNull();
      else {
        expect(auroc.value).toBeCloseTo(wanted.auroc, 12);
        expect(auroc.low).toBeLessThanOrEqual(wanted.auroc);
        expect(auroc.high).toBeGreaterThanOrEqual(wanted.auroc);
        defined.push(wanted.auroc);
      }
    }
    expect(defined.length).toBeGreaterThan(3);
    const row = results.find(({ model, labels }) => model === "base" && labels === "all");
    expect(row?.labelScores?.n).toBe(SCORED);
    expect(row?.labelScores?.auroc.value).toBeCloseTo(
      defined.reduce((a, b) => a + b, 0) / defined.length,
      12,
    );
    expect(results.find(({ model }) => model === "always")?.labelScores).toBeNull();
    const report = (name: string) => readFile(path.join(folder, "reports", name), "utf8");
    expect(await report("index.html")).toContain(`<td>${SCORED} of 44, at random</td>`);
    expect(await report("tables.md")).toContain("## Table S1. Scores of the labels, averages");
    expect(await report("tables.tex")).toContain("Table S2. Scores of each label, there");
  });
});
