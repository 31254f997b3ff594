import { bestOf } from "../evaluation/best-of.ts";
import { compare } from "../evaluation/compare.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { evaluateLabelScores, type ScoredSet } from "../evaluation/score-metrics/evaluate-label-scores.ts";
import { measureSubgroups } from "../evaluation/subgroups/measure-subgroups.ts";
import type { GroupedRecord } from "../evaluation/subgroups/subgroup.ts";
import { judgeTransfer, leastDraws } from "../evaluation/transfer/judge-transfer.ts";
import { TRIVIAL_READER_IDS, trivialReaders } from "../evaluation/trivial-readers.ts";
import { matchedLabels } from "../labels/convention.ts";
import { byLabel, LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import type { ReportInput } from "./report-input.ts";
import { thumbnail } from "./thumbnail.ts";

/** A made-up study with every part of the report filled, for the specs and for looking at the page. */
export async function exampleReportInput(resamples = 50): Promise<ReportInput> {
  const nine = LABELS.filter((_, index) => ![1, 3, 10, 12, 13].includes(index));
  const skill: Record<string, readonly [number, number, number]> = {
    base: [0.35, 0.18, 0.22],
    sft: [0.62, 0.08, 0.02],
    grpo: [0.68, 0.07, 0.01],
  };
  const hospitals = [
    { id: "phantom-chexpert", stated: LABELS, n: 200 },
    { id: "phantom-nih", stated: nine, n: 160 },
  ];
  const random = randomStream(5, "example report");
  const truthOf = (stated: readonly Label[]) => stated.filter((_, j) => random.chance(0.03 + 0.02 * j));
  const training = Array.from({ length: 300 }, () => truthOf(LABELS));
  const sets = hospitals.flatMap(({ id, stated, n }): ReadingSet[] => {
    const images = Array.from({ length: n }, (_, i) => ({
      id: `${id}/${i}`,
      patient: `p${i >> 1}`,
      truth: truthOf(stated),
    }));
    return Object.entries(skill).map(([model, [hit, alarm, failing]]) => ({
      model,
      data: id,
      stated,
      readings: images.map((image) => {
        const failed = random.chance(failing);
        const said = LABELS.filter((label) => random.chance(image.truth.includes(label) ? hit : alarm));
        const failure = random.chance(0.7) ? "no solution block" : "cut off";
        return { ...image, predicted: failed ? null : said, failure: failed ? failure : null };
      }),
    }));
  });
  const outside = sets
    .filter(({ model }) => model === "base")
    .map((set): ReadingSet => {
      const readings = set.readings.map(({ id, patient, truth }) => {
        const said = LABELS.filter((label) => random.chance(truth.includes(label) ? 0.6 : 0.1));
        return { id, patient, truth, predicted: said, failure: null };
      });
      return { ...set, model: "theirs", readings };
    });
  const trivial = hospitals.flatMap(({ id }) => {
    const any = sets.find(({ data }) => data === id);
    return any === undefined ? [] : trivialReaders(any, training, 1);
  });
  const options = { matched: matchedLabels(sets.map(({ stated }) => stated)), resamples };
  const pairs = [
    ["sft", "base"],
    ["grpo", "sft"],
  ] as const;
  const setOf = (model: string, data: string) => sets.find((set) => set.model === model && set.data === data);
  const comparisons = hospitals.flatMap(({ id }) => {
    const own = pairs.flatMap(([model, baseline]) => {
      const [a, b] = [setOf(model, id), setOf(baseline, id)];
      return a === undefined || b === undefined ? [] : [compare(a, b, options)];
    });
    const last = setOf("grpo", id);
    const theirs = outside.filter(({ data }) => data === id);
    return [...own, ...(last === undefined ? [] : theirs.map((other) => compare(last, other, options)))];
  });
  const people = new Map(
    sets.flatMap(({ readings }) =>
      readings.map(({ id }, i): [string, GroupedRecord] => [
        id,
        {
          sex: i % 2 === 0 ? "F" : "M",
          age: i % 3 === 0 ? null : 20 + (i % 70),
          view: i % 5 === 0 ? "PA" : "AP",
        },
      ]),
    ),
  );
  const choices = [
    { model: "sft", k: 5, of: "checkpoints, by the loss on held-out traces" },
    { model: "grpo", k: 3, of: "checkpoints, by jaccard on the validation set" },
  ];
  const pixels = Uint8Array.from({ length: 224 * 224 }, (_, i) => {
    const [x, y] = [(i % 224) / 224, Math.floor(i / 224) / 224];
    const lung =
      Math.exp(-(((x - 0.3) / 0.13) ** 2 + ((y - 0.5) / 0.3) ** 2)) +
      Math.exp(-(((x - 0.7) / 0.13) ** 2 + ((y - 0.5) / 0.3) ** 2));
    return 215 - 150 * Math.min(1, lung) + random.normal(0, 6);
  });
  const picture = await thumbnail({ width: 224, height: 224, channels: 1, pixels });
  const steps = Array.from({ length: 120 }, (_, step) => step);
  const decay = (step: number, from: number, to: number) => to + (from - to) * Math.exp(-step / 40);
  return {
    study: {
      name: "Phantom hospitals",
      description:
        "A tiny vision-language model, fine-tuned on a teacher's readings of procedural radiographs and then by GRPO, read at a hospital that labels alike and at one that does not.",
      version: "0.1.0",
      seed: 7,
    },
    models: [
      {
        id: "base",
        name: "Base",
        step: "base",
        prompt: "Free Reasoning",
        description: "before training",
        kind: "trained",
      },
      {
        id: "sft",
        name: "SFT",
        step: "sft",
        prompt: "Free Reasoning",
        description: "after fine-tuning",
        kind: "trained",
      },
      {
        id: "grpo",
        name: "GRPO",
        step: "grpo",
        prompt: "Free Reasoning",
        description: "after reinforcement",
        kind: "trained",
      },
      {
        id: "theirs",
        name: "theirs",
        description: "a model from elsewhere: made up for the example",
        kind: "outside",
        step: null,
        prompt: null,
      },
      {
        id: "always",
        name: "Always positive",
        description: "names every label",
        kind: "trivial",
        step: null,
        prompt: null,
      },
      {
        id: "prior",
        name: "Prior",
        description: "draws labels at their training prevalence",
        kind: "trivial",
        step: null,
        prompt: null,
      },
      {
        id: "constant",
        name: "Best constant",
        description: "one label set for all",
        kind: "trivial",
        step: null,
        prompt: null,
      },
    ],
    hospitals: [
      {
        id: "phantom-chexpert",
        name: "Phantom CheXpert",
        description: "Fourteen labels by readers; never trained on.",
      },
      {
        id: "phantom-nih",
        name: "Phantom NIH",
        description: "Nine labels mined from reports; never trained on.",
      },
    ],
    evaluations: [...sets, ...outside, ...trivial].map((set) => evaluate(set, options)),
    contaminations: [
      {
        model: "base",
        data: "phantom-chexpert",
        texts: ["possible contamination: made up for the example (nowhere)"],
      },
      {
        model: "sft",
        data: "phantom-chexpert",
        texts: ["possible contamination: made up for the example (nowhere)"],
      },
    ],
    bestOf: ["sft", "grpo"].flatMap((model) => {
      const found = bestOf(choices, Object.keys(skill), model);
      return found === null ? [] : [{ model, bestOf: found }];
    }),
    comparisons,
    transfer: {
      outcome: "judged",
      transfer: judgeTransfer({
        subject: "phantom",
        models: Object.keys(skill),
        references: ["theirs", ...TRIVIAL_READER_IDS],
        elsewhere: ["theirs"],
        home: { name: "phantom-chexpert", role: "same-schema", stated: LABELS },
        away: [{ name: "phantom-nih", role: "other-schema", stated: nine }],
        runs: [{ seed: 7, readings: [...sets, ...outside, ...trivial] }],
        uses: [],
        declared: 0.02,
        choices,
        resamples: Math.max(resamples, leastDraws(pairs.length)),
      }),
    },
    subgroups: sets.map((set) => measureSubgroups(set, people, { resamples })),
    labelScores: sets.map((set) => evaluateLabelScores(exampleScores(set), options)),
    sft: {
      training: steps.map((step) => ({
        step,
        loss: decay(step, 2.4, 0.5) + random.normal(0, 0.05),
        tokenAccuracy: 1 - decay(step, 0.6, 0.15),
      })),
      validation: [0, 30, 60, 90, 119].map((step) => ({
        step,
        loss: decay(step, 2.4, 0.62),
        tokenAccuracy: 1 - decay(step, 0.6, 0.2),
      })),
      bestStep: 90,
    },
    grpo: steps.map((step) => ({
      step,
      reward: 0.6 - decay(step, 0.25, 0) + random.normal(0, 0.06),
      components: {
        jaccard: 0.62 - decay(step, 0.2, 0) + random.normal(0, 0.05),
        length: -0.02 + random.normal(0, 0.01),
      },
      completionLength: 48 + random.normal(0, 3),
      entropy: decay(step, 0.9, 0.4) + random.normal(0, 0.03),
      kl: 0.05 - decay(step, 0.05, 0) + Math.abs(random.normal(0, 0.004)),
      clipFraction: Math.abs(random.normal(0.01, 0.004)),
      gradientNorm: Math.abs(random.normal(1, 0.3)),
      failureShare: Math.abs(random.normal(0.02, 0.01)),
      failureReasons: step % 3 === 0 ? { "cut off": 1, "no solution block": 2 } : {},
      truncated: step % 3 === 0 ? 0.02 : 0,
      looping: 0.01,
      sameText: Math.min(1, step / 400),
      labelShares: Object.fromEntries(
        LABELS.map((label, j) => [label, Math.min(1, Math.abs(0.05 + 0.04 * j + random.normal(0, 0.02)))]),
      ),
    })),
    grpoRun: {
      reward: "hard",
      evaluated: "best",
      bestRollout: 90,
      validations: [
        { rollout: 90, jaccard: 0.52, jaccardValid: 0.53, failureRate: 0.01 },
        { rollout: 120, jaccard: 0.5, jaccardValid: 0.52, failureRate: 0.03 },
      ],
      collapses: [
        {
          rollout: 64,
          alarms: [{ rule: "one label", detail: "Support Devices in 0.83 of the answers" }],
          action: "restore",
          to: 60,
        },
      ],
    },
    samples: [0, 1, 2].map((index) => ({
      id: `phantom-chexpert/${index}`,
      patient: `p${index}`,
      data: "phantom-chexpert",
      truth: ["Edema", "Lung Opacity", "Support Devices"],
      picture: index === 2 ? null : picture,
      reason: "grpo reads it better than sft",
      answers: [
        {
          model: "sft",
          text: "<think>The heart is enlarged. There is hazy opacity in both lungs.</think><solution>Cardiomegaly, Lung Opacity</solution>",
          predicted: ["Cardiomegaly", "Lung Opacity"],
          failure: null,
          reward: [{ name: "jaccard", value: 0.25 }],
        },
        {
          model: "grpo",
          text: "<think>Both lungs are hazy, a line ends over the heart.</think>",
          predicted: null,
          failure: "no solution block",
          reward: [{ name: "jaccard", value: 0 }],
        },
      ],
    })),
    cohorts: [
      {
        name: "sft",
        hash: "0a1b2c3d4e5f6071",
        images: 300,
        patients: 240,
        positives: Object.fromEntries(LABELS.map((label, j) => [label, 15 + 9 * j])),
        excluded: [{ reason: "lateral view", count: 41 }],
      },
      {
        name: "grpo",
        hash: "8192a3b4c5d6e7f8",
        images: 150,
        patients: 130,
        positives: Object.fromEntries(LABELS.map((label, j) => [label, 8 + 5 * j])),
        excluded: [{ reason: "no positive label", count: 6 }],
      },
    ],
    scaled: [
      {
        setting: "reward.minimumTokens",
        paper: "250",
        here: "24",
        why: "readings here are 40 to 60 tokens long",
      },
    ],
    notVerified: ["Nothing here was read by a radiologist.", "No real patient's picture was used."],
    stages: [
      { name: "sft", hash: "9f2c1a7be0d4", note: "stopped by patience at update 119, kept update 90" },
      { name: "grpo", hash: "41d07c3e5a92", note: "120 steps, 4 updates each" },
    ],
    config: "study: phantom\nseed: 7\nsft:\n  epochs: 6\n",
  };
}

/** Scores that go with the answers: higher where a label was named, and a little where it is there. */
function exampleScores({ model, data, stated, readings }: ReadingSet): ScoredSet {
  const random = randomStream(6, "example scores", model, data);
  return {
    model,
    data,
    stated,
    of: readings.length,
    readings: readings.map(({ id, patient, truth, predicted }) => ({
      id,
      patient,
      truth,
      scores:
        predicted &&
        byLabel((label) => {
          const score = random.normal(
            -1 + (predicted.includes(label) ? 2 : 0) + (truth.includes(label) ? 1 : 0),
          );
          return { score, probability: 1 / (1 + Math.exp(-score)) };
        }),
    })),
  };
}
