import type { Transfer } from "../../src/evaluation/transfer/transfer.ts";
import type { ReportInput, ReportTransfer } from "../../src/report/report-input.ts";

/** Models to a hospital: a hospital costs three charts, so several texts share its name. */
const A_HOSPITAL = 25;

function first<T>(of: readonly T[]): T {
  const [found] = of;
  if (found === undefined) throw new Error("hostileInput: the example lacks a part");
  return found;
}

/**
 * A report's input with hostile texts in every field that a model, a teacher, a table of a hospital, a study file or a
 * reward file controls: each text by itself wherever the input has lists, all in one where it has a single text.
 */
export function hostileInput(example: ReportInput, texts: readonly string[]): ReportInput {
  const all = texts.join(" ");
  const hospitalOf = (index: number): string =>
    texts.slice(index - (index % A_HOSPITAL), index - (index % A_HOSPITAL) + A_HOSPITAL).join(" ");
  const hospitals = [...new Set(texts.map((_, index) => hospitalOf(index)))];
  const evaluation = first(example.evaluations);
  const comparison = first(example.comparisons);
  const sample = first(example.samples);
  const answer = first(sample.answers);
  const cohort = first(example.cohorts);
  const subgroups = first(example.subgroups);
  const scored = first(example.labelScores);
  const model = first(example.models);
  const point = first(example.grpo ?? []);
  const named = Object.fromEntries(texts.map((text) => [text, 1]));
  return {
    study: { name: all, description: all, version: all, seed: 1 },
    models: texts.map((text) => ({ ...model, id: text, name: text, description: text, prompt: text })),
    hospitals: hospitals.map((id) => ({ id, name: id, description: id })),
    evaluations: texts.map((text, index) => ({
      ...evaluation,
      model: text,
      data: hospitalOf(index),
      failures: [{ reason: text, count: 1 }],
      failureReasons: [{ reason: text, rate: evaluation.failureRate }],
    })),
    contaminations: texts.map((text, index) => ({ model: text, data: hospitalOf(index), texts: [text] })),
    bestOf: texts.map((text) => ({
      model: text,
      bestOf: { text, choices: [{ model: text, k: 2, of: text }] },
    })),
    comparisons: texts.map((text, index) => ({
      ...comparison,
      model: text,
      baseline: text,
      data: hospitalOf(index),
    })),
    transfer: hostileTransfer(example.transfer, texts),
    subgroups: texts.map((text, index) => ({ ...subgroups, model: text, data: hospitalOf(index) })),
    labelScores: texts.map((text, index) => ({ ...scored, model: text, data: hospitalOf(index) })),
    sft: example.sft,
    grpo: [point, { ...point, step: point.step + 1 }].map((each) => ({
      ...each,
      components: named,
      failureReasons: named,
    })),
    grpoRun: {
      reward: all,
      evaluated: "best",
      bestRollout: 0,
      validations: [{ rollout: 0, jaccard: 0.5, jaccardValid: 0.5, failureRate: 0 }],
      collapses: texts.map((text) => ({
        rollout: 1,
        alarms: [{ rule: text, detail: text }],
        action: text,
        to: 0,
      })),
    },
    samples: [
      {
        ...sample,
        id: all,
        patient: all,
        data: all,
        reason: all,
        answers: texts.flatMap((text) => [
          { ...answer, model: text, text, reward: [{ name: text, value: 1 }] },
          { ...answer, model: text, text, predicted: null, failure: text, reward: [] },
        ]),
      },
    ],
    cohorts: texts.map((text) => ({
      ...cohort,
      name: text,
      hash: text,
      excluded: [{ reason: text, count: 1 }],
    })),
    scaled: texts.map((text) => ({ setting: text, paper: text, here: text, why: text })),
    notVerified: texts,
    stages: texts.map((text) => ({ name: text, hash: text, note: text })),
    config: all,
  };
}

function hostileTransfer(example: ReportTransfer, texts: readonly string[]): ReportTransfer {
  if (example.outcome !== "judged") throw new Error("hostileInput: the example has no verdict");
  const { transfer } = example;
  const pair = first(transfer.pairs);
  const row = first(pair.rows);
  const contrast = first(transfer.contrasts);
  const hospital = first(transfer.hospitals);
  const hostile: Transfer = {
    ...transfer,
    elsewhere: transfer.elsewhere.flatMap((each) =>
      texts.map((text) => ({ ...each, from: text, to: text, home: text, away: text })),
    ),
    subject: texts.join(" "),
    hospitals: texts.map((text) => ({ ...hospital, name: text })),
    pairs: [
      {
        ...pair,
        home: texts.join(" "),
        away: texts.join(" "),
        rows: texts.map((text) => ({ ...row, model: text })),
      },
    ],
    contrasts: texts.map((text) => ({ ...contrast, from: text, to: text, home: text, away: text })),
    choices: texts.map((text) => ({ model: text, k: 2, of: text })),
    notes: texts,
  };
  return { outcome: "judged", transfer: hostile };
}
