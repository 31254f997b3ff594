import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { UserError } from "../../util/user-error.ts";
import { compare } from "../compare.ts";
import type { ReadingSet } from "../reading.ts";
import type { TransferHospital } from "./hospital-role.ts";
import { judgeRecipe, judgeTransfer, type TransferInput } from "./judge-transfer.ts";

const NINE = LABELS.slice(0, 9);
const HOME: TransferHospital = { name: "home", role: "same-schema", stated: LABELS };
const AWAY: TransferHospital = { name: "away", role: "other-schema", stated: NINE };

/** Readings of 40 % positives, each label right with the model's probability; the truth depends on the hospital alone. */
function readings(
  model: string,
  { name, stated }: TransferHospital,
  right: number,
  n = 200,
  seed = 0,
): ReadingSet {
  const truths = randomStream(seed, "truth", name);
  const answers = randomStream(seed, "answers", name, model);
  return {
    model,
    data: name,
    stated,
    readings: Array.from({ length: n }, (_, index) => {
      const truth = stated.filter(() => truths.chance(0.4));
      const predicted = stated.filter((label) => truth.includes(label) === answers.chance(right));
      return { id: `${index}`, patient: `p${index % 150}`, truth, predicted, failure: null };
    }),
  };
}

/** How often each model is right at home and away. */
type Skills = Readonly<Record<string, readonly [home: number, away: number]>>;

const run = (skills: Skills, seed = 0) => ({
  seed,
  readings: Object.entries(skills).flatMap(([model, [home, away]]) => [
    readings(model, HOME, home, 200, seed),
    readings(model, AWAY, away, 200, seed),
  ]),
});

const input = (skills: Skills, more: Partial<TransferInput> = {}): TransferInput => ({
  subject: "spec",
  models: Object.keys(skills),
  references: [],
  home: HOME,
  away: [AWAY],
  runs: [run(skills)],
  uses: [],
  choices: [],
  resamples: 600,
  seed: 1,
  ...more,
});

describe("judgeTransfer", () => {
  it("holds the last model against those from elsewhere, and takes nothing from the verdicts for it", () => {
    const skills: Skills = { base: [0.7, 0.7], sft: [0.8, 0.8], theirs: [0.75, 0.7] };
    const models = ["base", "sft"];
    const own = judgeTransfer(input(skills, { models }));
    const both = judgeTransfer(input(skills, { models, references: ["theirs"], elsewhere: ["theirs"] }));
    expect(both.contrasts).toEqual(own.contrasts);
    expect(own.elsewhere).toEqual([]);
    expect(both.pairs[0]?.rows.map(({ model }) => model)).toEqual(["base", "sft", "theirs"]);
    const [contrast] = both.elsewhere;
    expect(contrast).toMatchObject({ from: "theirs", to: "sft", home: "home", away: "away" });
    const sets = run(skills).readings;
    for (const [side, data] of [
      ["home", HOME.name],
      ["away", AWAY.name],
    ] as const) {
      const [sft, theirs] = ["sft", "theirs"].map((model) =>
        sets.find((set) => set.model === model && set.data === data),
      );
      if (sft === undefined || theirs === undefined) throw new Error("no readings");
      const wanted = compare(sft, theirs, { matched: NINE, resamples: 2, seed: 1 }).views.find(
        (v) => v.labels === "matched" && v.closure === "raw" && v.failed === "as-empty",
      );
      const found = contrast?.changes.matched[side].absolute;
      expect(found?.value).toBeCloseTo(wanted?.macro.f1.value ?? Number.NaN, 12);
      expect(found?.low).toBeLessThan(found?.value ?? Number.NaN);
      expect(found?.high).toBeGreaterThan(found?.value ?? Number.NaN);
    }
  });

  it("has a matrix for one model and those from elsewhere, without a step", () => {
    const skills: Skills = { base: [0.7, 0.7], theirs: [0.8, 0.7] };
    const more = { models: ["base"], references: ["theirs"], elsewhere: ["theirs"] };
    const { contrasts, elsewhere, pairs } = judgeTransfer(input(skills, more));
    expect(contrasts).toEqual([]);
    expect(elsewhere.map(({ from, to }) => [from, to])).toEqual([["theirs", "base"]]);
    expect(pairs[0]?.rows).toHaveLength(2);
  });

  it("reads with the declared margin, and says when it was given another", () => {
    const skills: Skills = { base: [0.7, 0.7], sft: [0.7, 0.7] };
    const deltas = (more: Partial<TransferInput>) => {
      const { delta, declaredDelta } = judgeTransfer(input(skills, more));
      return [delta, declaredDelta];
    };
    expect(deltas({})).toEqual([0.02, null]);
    expect(deltas({ declared: 0.05 })).toEqual([0.05, 0.05]);
    expect(deltas({ declared: 0.05, delta: 0.01 })).toEqual([0.01, 0.05]);
    expect(() => judgeTransfer(input(skills, { declared: 0 }))).toThrow("give a margin above 0");
  });

  it.each([
    ["benchmark-only", [0.7, 0.8], [0.8, 0.7]],
    ["transfers", [0.7, 0.7], [0.8, 0.8]],
    ["trades", [0.8, 0.7], [0.7, 0.8]],
    ["regresses", [0.8, 0.8], [0.7, 0.7]],
  ] as const)("finds %s", (verdict, before, after) => {
    const { contrasts } = judgeTransfer(input({ base: before, sft: after }));
    expect(contrasts).toHaveLength(1);
    expect(contrasts[0]).toMatchObject({ from: "base", to: "sft", home: "home", away: "away", verdict });
    expect(contrasts[0]?.inconclusive).toBeNull();
  });

  it("finds identical answers unchanged, and says how many patients a near thing needs", () => {
    const same = run({ base: [0.7, 0.7] });
    const twin = {
      ...same,
      readings: [...same.readings, ...same.readings.map((set) => ({ ...set, model: "sft" }))],
    };
    const models = ["base", "sft"];
    expect(judgeTransfer(input({}, { models, runs: [twin] })).contrasts[0]?.verdict).toBe("unchanged");
    const [near] = judgeTransfer(input({ base: [0.7, 0.7], sft: [0.705, 0.7] })).contrasts;
    expect(near?.verdict).toBe("inconclusive");
    if (near?.inconclusive?.kind !== "too wide") throw new Error("not too wide");
    expect(near.inconclusive.patients?.home).toBeGreaterThan(150);
    expect(near.inconclusive.patients?.home).toBe(near.inconclusive.patients?.away);
  });

  it("holds nine labels against nine, with the numbers that compare() has", () => {
    const given = input({ base: [0.7, 0.8], sft: [0.8, 0.7] });
    const { pairs, contrasts, hospitals } = judgeTransfer(given);
    expect(pairs[0]?.labels.matched).toEqual(NINE);
    expect(hospitals[0]).toEqual({
      name: "home",
      role: "same-schema",
      images: 200,
      patients: 150,
      labels: LABELS,
    });
    const [base, , sft] = given.runs[0]?.readings ?? [];
    if (base === undefined || sft === undefined) throw new Error("no readings");
    const { views } = compare(sft, base, { matched: NINE, resamples: 600, seed: 1 });
    const view = (labels: string, closure: string) =>
      views.find((v) => v.labels === labels && v.closure === closure && v.failed === "as-empty")?.macro.f1;
    const { changes } = contrasts[0] ?? {};
    expect(changes?.all.home.absolute.value).toBeCloseTo(view("all", "raw")?.value ?? 0, 12);
    expect(changes?.matched.home.absolute.value).toBeCloseTo(view("matched", "raw")?.value ?? 0, 12);
    expect(changes?.["matched-closed"].home.absolute.value).toBeCloseTo(
      view("matched", "closed")?.value ?? 0,
      12,
    );
    // Other draws of the same patients: the bounds agree to what 600 draws can tell.
    expect(changes?.matched.home.absolute.low).toBeCloseTo(view("matched", "raw")?.low ?? 0, 1);
  });

  it("splits each contrast into its labels", () => {
    const { contrasts } = judgeTransfer(input({ base: [0.7, 0.7], sft: [0.8, 0.8] }));
    const [contrast] = contrasts;
    const sum = (parts: readonly { contribution: number }[] = []) =>
      parts.reduce((total, { contribution }) => total + contribution, 0);
    expect(sum(contrast?.contributions.homeAll)).toBeCloseTo(
      contrast?.changes.all.home.absolute.value ?? 0,
      12,
    );
    expect(sum(contrast?.contributions.awayMatched)).toBeCloseTo(
      contrast?.changes.matched.away.absolute.value ?? 0,
      12,
    );
  });

  it("makes a reader that sees equally well lose nothing at one prevalence", () => {
    // The same rates, another prevalence: right on 8 of 10 positives and 8 of 10 negatives of Edema.
    const rated = (name: string, positives: number, negatives: number, model: string): ReadingSet => {
      const group = (count: number, truth: readonly Label[], wrong: readonly Label[], from: number) =>
        Array.from({ length: count }, (_, i) => ({
          id: `${from + i}`,
          patient: `${from + i}`,
          truth,
          predicted: i % 10 < 8 ? truth : wrong,
          failure: null,
        }));
      const readings = [...group(positives, ["Edema"], [], 0), ...group(negatives, [], ["Edema"], positives)];
      return { model, data: name, stated: ["Edema"], readings };
    };
    const hospital = (name: string): TransferHospital => ({ name, role: "same-schema", stated: ["Edema"] });
    const sets = ["a", "b"].flatMap((model) => [
      rated("home", 100, 100, model),
      rated("away", 20, 180, model),
    ]);
    const { pairs } = judgeTransfer({
      ...input({}),
      models: ["a", "b"],
      home: hospital("home"),
      away: [hospital("away")],
      runs: [{ seed: 0, readings: sets }],
    });
    const row = pairs[0]?.rows[0];
    // F1 at home 2 80 / (160 + 20 + 20) = 0.8; away 2 16 / (32 + 36 + 4) = 4/9.
    expect(row?.home.matched.value).toBeCloseTo(0.8, 12);
    expect(row?.away.matched.value).toBeCloseTo(4 / 9, 12);
    expect(row?.drop["common-prevalence"].absolute.value).toBeCloseTo(0, 12);
    // Prevalence (0.5 + 0.1) / 2 = 0.3: 2 0.24 / (0.3 1.8 + 0.7 0.2) = 0.48 / 0.68.
    expect(pairs[0]?.labels.prevalences).toEqual([{ label: "Edema", prevalence: 0.3 }]);
    expect(row?.home["common-prevalence"].value).toBeCloseTo(12 / 17, 12);
    expect(row?.home["balanced-accuracy"].value).toBeCloseTo(0.8, 12);
  });

  it("leaves rare labels out of the rates, and names the frequent ones", () => {
    const { pairs } = judgeTransfer(input({ base: [0.7, 0.7], sft: [0.7, 0.7] }));
    expect(pairs[0]?.labels.frequent).toEqual(NINE);
    const rare = (set: ReadingSet): ReadingSet => ({
      ...set,
      readings: set.readings.map((reading) => ({
        ...reading,
        truth: reading.truth.filter(
          (label) => label !== "Edema" && (label !== "Pneumonia" || reading.id === "3"),
        ),
      })),
    });
    const sets = run({ base: [0.7, 0.7], sft: [0.7, 0.7] }).readings.map(rare);
    const [pair] = judgeTransfer(
      input({}, { models: ["base", "sft"], runs: [{ seed: 0, readings: sets }] }),
    ).pairs;
    expect(pair?.labels.frequent).not.toContain("Edema");
    expect(pair?.labels.frequent).not.toContain("Pneumonia");
    expect(pair?.labels.prevalences.map(({ label }) => label)).not.toContain("Edema");
    expect(pair?.labels.matched).toContain("Edema");
  });

  it("reads several verdicts at Holm's levels", () => {
    // One clear verdict and one open one: the first is read at 98.33 %, the second, left alone, at 96.67 %.
    const { contrasts } = judgeTransfer(input({ base: [0.7, 0.7], sft: [0.8, 0.8], grpo: [0.805, 0.8] }));
    expect(contrasts.map(({ verdict, read }) => [verdict, Number(read.level.toFixed(4))])).toEqual([
      ["transfers", 0.9833],
      ["inconclusive", 0.9667],
    ]);
  });

  it("speaks of a recipe from five seeds on", () => {
    const runs = (count: number) =>
      Array.from({ length: count }, (_, seed) => run({ base: [0.7, 0.7], sft: [0.8, 0.8] }, seed));
    const models = ["base", "sft"];
    const four = judgeTransfer(input({}, { models, runs: runs(4) }));
    expect(four.scope).toEqual({ kind: "recipe", seeds: [0, 1, 2, 3] });
    expect(four.contrasts[0]).toMatchObject({
      verdict: "inconclusive",
      inconclusive: { kind: "too few seeds", seeds: 4, needed: 5 },
    });
    const five = judgeTransfer(input({}, { models, runs: runs(5) }));
    expect(five.contrasts[0]).toMatchObject({ verdict: "transfers", inconclusive: null });
    expect(five.interval.method).toBe("t over seeds, with patients");
  });

  it("refuses used patients, other images, too few draws, and a margin of nothing", () => {
    const skills: Skills = { base: [0.7, 0.7], sft: [0.8, 0.8] };
    const refusal = (more: Partial<TransferInput>) => () => judgeTransfer(input(skills, more));
    expect(refusal({ uses: [{ hospital: "away", patient: "p7", use: "checkpoint" }] })).toThrow(
      "away: 1 of 150 test patients (first: p7) were used for checkpoint",
    );
    const cut = run(skills).readings.map((set, i) =>
      i === 0 ? { ...set, readings: set.readings.slice(1) } : set,
    );
    expect(refusal({ runs: [{ seed: 0, readings: cut }] })).toThrow(UserError);
    expect(refusal({ resamples: 299 })).toThrow(
      "299 draws of patients are too few for 1 verdicts: take 300 or more",
    );
    expect(refusal({ delta: 0 })).toThrow("--delta 0: give a margin above 0");
    const mute = { ...AWAY, stated: [] };
    const silent = run(skills).readings.map((set) =>
      set.data === "away"
        ? { ...set, stated: [], readings: set.readings.map((reading) => ({ ...reading, truth: [] })) }
        : set,
    );
    expect(refusal({ away: [mute], runs: [{ seed: 0, readings: silent }] })).toThrow(
      "home and away state no label in common",
    );
  });
});

describe("judgeRecipe", () => {
  /** As a study trains: every seed reads the same test sets, and the base is the same in all. */
  const seeds = (count: number): TransferInput["runs"] => {
    const base = run({ base: [0.7, 0.7] });
    return Array.from({ length: count }, (_, index) => ({
      seed: index + 1,
      readings: [
        ...base.readings,
        ...[HOME, AWAY].map((hospital) => {
          const set = readings("sft", hospital, 0.8);
          const luck = randomStream(index, "another training", hospital.name);
          const changed = set.readings.map((reading) =>
            luck.chance(0.1) ? { ...reading, predicted: [...set.stated] } : reading,
          );
          return { ...set, readings: changed };
        }),
      ],
    }));
  };
  const models = ["base", "sft"];

  it("is judgeTransfer's verdict, and each run's own beside it", () => {
    const given = input({}, { models, runs: seeds(5) });
    const { trainings, ...recipe } = judgeRecipe(given);
    expect(recipe).toEqual(judgeTransfer(given));
    expect(recipe.contrasts[0]?.verdict).toBe("transfers");
    expect(trainings.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5]);
    for (const [index, { transfer, seed }] of trainings.entries()) {
      const alone = judgeTransfer({ ...given, runs: given.runs.slice(index, index + 1) });
      expect(transfer.subject).toBe(`spec, seed ${seed}`);
      expect(transfer.scope).toEqual({ kind: "two checkpoints" });
      expect(transfer.interval).toEqual(alone.interval);
      // But for measures at a common prevalence, which is the mean over all runs: equal to the last digit or two.
      const read = ({ contrasts, pairs }: typeof alone) => [
        contrasts.map(({ verdict, read: own, changes }) => [verdict, own, changes.all, changes.matched]),
        pairs[0]?.rows.map(({ model, home, away }) => [model, home.matched, away.matched]),
      ];
      expect(read(transfer)).toEqual(read(alone));
    }
    // The recipe's difference is the mean of its trainings'.
    const differences = trainings.map(({ transfer }) => transfer.contrasts[0]?.read.away.value ?? Number.NaN);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    expect(recipe.contrasts[0]?.read.away.value).toBeCloseTo(mean, 12);
  });

  it("says of two seeds what each checkpoint is, and nothing of the recipe", () => {
    const { contrasts, trainings } = judgeRecipe(input({}, { models, runs: seeds(2) }));
    expect(contrasts[0]).toMatchObject({
      verdict: "inconclusive",
      inconclusive: { kind: "too few seeds", seeds: 2, needed: 5 },
    });
    expect(trainings.map(({ transfer }) => transfer.contrasts[0]?.verdict)).toEqual([
      "transfers",
      "transfers",
    ]);
  });

  it("does not say how many patients would settle what seeds leave open too", () => {
    const runs = seeds(5).map(({ seed, readings: sets }) => {
      const luck = randomStream(seed, "better or worse");
      const right = luck.chance(0.5) ? 0.75 : 0.65;
      const sft = [HOME, AWAY].map((hospital) => readings("sft", hospital, right, 200));
      return { seed, readings: [...sets.filter(({ model }) => model === "base"), ...sft] };
    });
    expect(judgeRecipe(input({}, { models, runs })).contrasts[0]).toMatchObject({
      verdict: "inconclusive",
      inconclusive: { kind: "too wide over seeds", seeds: 5 },
    });
  });

  it("has no more to say of one run than of the whole", () => {
    const { trainings, scope } = judgeRecipe(input({}, { models, runs: seeds(1) }));
    expect([trainings, scope.kind]).toEqual([[], "two checkpoints"]);
  });
});
