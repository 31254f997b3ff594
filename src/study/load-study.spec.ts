import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import { loadStudy } from "./load-study.ts";
import { studyStages } from "./study-stages.ts";

const folder = scratchFolder();
const file = path.join(folder, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
model: { source: ../model }
data:
  here: { kind: phantom, site: phantom-mimic, images: 10 }
  there: { kind: phantom, site: phantom-nih, images: 10 }
cohort: { source: here, views: [PA, AP] }
teacher: { kind: worded }
evaluation: { sets: { there: { n: 5 } } }
`;

async function load(text: string, ...assignments: string[]) {
  await writeFile(file, text);
  return loadStudy(file, assignments);
}
/** The error's text without the file's path, which must head it unless an assignment does. */
async function refusal(text: string, ...assignments: string[]): Promise<string> {
  const error = await load(text, ...assignments).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error("no UserError", { cause: error });
  expect(error.exitCode).toBe(2);
  if (error.message.startsWith("--set ")) return error.message;
  expect(error.message.slice(0, file.length)).toBe(file);
  return error.message.slice(file.length);
}

describe("loadStudy", () => {
  it("fills in the defaults, and puts the study's folder in the working folder", async () => {
    const study = await load(STUDY);
    expect(study.file).toBe(file);
    expect(study.folder).toBe(path.resolve("small-study"));
    expect(study.config).toMatchObject({
      format: "free",
      seed: 0,
      evaluation: { sets: { there: { n: 5 } } },
    });
    expect(study.config.sft?.epochs).toBe(6);
    expect((await load(`${STUDY}folder: a/b`)).folder).toBe(path.resolve("a/b"));
  });

  it("names a file that cannot be read", async () => {
    await expect(loadStudy(path.join(folder, "none.yaml"))).rejects.toThrow(
      /none\.yaml cannot be read \(ENOENT.*\): give the path of a study file$/,
    );
  });

  it.each([
    ["nothing", "", ": top level: Invalid input: expected object, received null"],
    ["a list", "- 1", ": top level: Invalid input: expected object, received array"],
    ["a key twice", `${STUDY}name: other\n`, ": Map keys must be unique at line 10, column 1"],
    [
      "an open bracket",
      "name: [1\n",
      ": Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1",
    ],
    [
      "an alias of nothing",
      `${STUDY}title: *x\n`,
      ": Unresolved alias (the anchor must be set before the alias): x",
    ],
    ["an unknown key", `${STUDY}sfd: {}\n`, ': top level: Unrecognized key: "sfd"'],
    [
      "another schema",
      STUDY.replace("study/1", "study/2"),
      ': schema: Invalid input: expected "chexreason.study/1"',
    ],
    [
      "a name that is no file's",
      STUDY.replace("small", "Small"),
      ": name: use lower-case letters, digits and hyphens",
    ],
    [
      "several faults",
      STUDY.replace("images: 10", "images: 0").replace("[PA, AP]", "[]"),
      ": data.here.images: Too small: expected number to be >0 (and 1 more)",
    ],
    [
      "a source that is not declared",
      STUDY.replace("source: here", "source: hier"),
      ': cohort.source names "hier", which data does not declare (here, there)',
    ],
    [
      "a test hospital that is not declared",
      STUDY.replace("sets: { there", "sets: { dort"),
      ': evaluation.sets names "dort", which data does not declare (here, there)',
    ],
  ])("refuses a file with %s", async (_what, text, message) => {
    expect(await refusal(text)).toBe(message);
  });

  it("lets the training hospital be judged on only where test patients are set apart", async () => {
    const home = STUDY.replace("sets: { there", "sets: { here");
    expect(await refusal(home)).toMatch(/^: evaluation\.sets names "here".*: set cohort\.test, so that/);
    expect((await load(home, "cohort.test=3")).config.cohort.test).toBe(3);
  });
});

describe("prompts of one's own", () => {
  const mine = {
    name: "mine",
    title: "Mine",
    version: 1,
    cue: "c",
    answer: "reasoned",
    text: "{labels} {answer}",
  };

  it("come from files beside the study, or stand in it", async () => {
    await writeFile(path.join(folder, "mine.yaml"), JSON.stringify(mine));
    const inline = JSON.stringify({ ...mine, name: "inline" });
    const text = `${STUDY}prompts: [mine.yaml, ${inline}]\nformat: mine\n`;
    const { config } = await load(text, "evaluation.prompts=[a, inline]");
    expect(config.prompts).toEqual([mine, { ...mine, name: "inline" }]);
    expect(config.format).toBe("mine");
  });

  it.each([
    ["format=yours", /^: there is no prompt named "yours"; choose one of narrative, .*, free$/],
    ["evaluation.prompts=[a, yours]", /^: there is no prompt named "yours"/],
    ["evaluation.prompts=[a, b, a]", /^: evaluation\.prompts names "a" twice$/],
    ["prompts=[{ name: mine }]", /^: prompts\.0\.title: /],
    ["sft=null", /^: grpo starts from what sft leaves, and sft is null: set grpo: null$/],
  ])("are refused where --set %s is wrong", async (assignment, message) => {
    expect(await refusal(STUDY, assignment)).toMatch(message);
  });

  it("are refused where the name is taken, or the file is not there", async () => {
    const taken = JSON.stringify({ ...mine, name: "free" });
    expect(await refusal(`${STUDY}prompts: [${taken}]`)).toBe(
      ': there are two prompts named "free"; give yours another name',
    );
    await expect(load(`${STUDY}prompts: [none.yaml]`)).rejects.toThrow(/none\.yaml cannot be read/);
  });
});

describe("evaluation", () => {
  it("may score, and declare choices of, what the study reads alone", async () => {
    const scored = "evaluation.labelScores={ n: 9, readers: [sft] }";
    const { config } = await load(STUDY, scored, "evaluation.chosen=[{ model: sft, k: 4, of: formats }]");
    expect(config.evaluation.labelScores).toEqual({ n: 9, readers: ["sft"] });
    expect((await load(STUDY, "evaluation.labelScores={}")).config.evaluation.labelScores).toEqual({
      n: "all",
    });
    expect((await load(STUDY)).config.evaluation.labelScores).toBeNull();
    expect(await refusal(STUDY, "evaluation.labelScores={ readers: [sftt] }")).toBe(
      ': evaluation.labelScores.readers names "sftt"; choose among base, sft, grpo',
    );
    expect(await refusal(STUDY, "evaluation.chosen=[{ model: x, k: 4, of: formats }]")).toBe(
      ': evaluation.chosen names "x"; choose among base, sft, grpo',
    );
    expect(await refusal(STUDY, "evaluation.margin=0")).toMatch(/^: evaluation\.margin: /);
  });
});

describe("--set", () => {
  it("changes values by their keys, read as YAML, the last one counting", async () => {
    const { config } = await load(
      STUDY,
      "seed=3",
      "seed=4",
      "sft.lora.rank=8",
      "grpo=null",
      "title=a=b",
      "cohort.views=[PA]",
      "cohort.views.0=AP",
      "data.there={ kind: phantom, site: phantom-chexpert, images: 7 }",
      "data.there.size=64",
    );
    expect(config).toMatchObject({ seed: 4, grpo: null, title: "a=b", cohort: { views: ["AP"] } });
    expect(config.sft?.lora).toMatchObject({ rank: 8, alpha: 32 });
    expect(config.data.there).toEqual({ kind: "phantom", site: "phantom-chexpert", images: 7, size: 64 });
  });

  it.each([
    ["seed", "--set seed: write key.path=value"],
    ["=3", "--set =3: write key.path=value"],
    ["seed=[1", "--set seed=[1: Flow sequence must end with a ] at line 1, column 3"],
    ["seed=*x", "--set seed=*x: Unresolved alias (the anchor must be set before the alias): x"],
    ["name.first=3", "--set name.first=3: Expected YAML collection at name. Remaining path: first"],
    ["seed=x", ": seed: Invalid input: expected number, received string"],
    ["sft.lora.rang=8", ': sft.lora: Unrecognized key: "rang"'],
  ])("refuses %s", async (assignment, message) => {
    expect(await refusal(STUDY, assignment)).toBe(message);
  });
});

describe("variants", () => {
  const VARIANTS = `${STUDY}variants:
  longer: { sft: { epochs: 9 }, title: longer training }
  nuanced: { grpo: { reward: { kind: nuanced } } }
  sft-only: { grpo: null }
`;

  it("are whole studies with the changes in place, each in a folder of its own", async () => {
    const {
      config,
      folder: all,
      variants,
    } = await load(`${VARIANTS}grpo: { epochs: 3, reward: { kind: hard, minLength: 7 } }\n`);
    expect(config.sft?.epochs).toBe(6);
    expect(variants.map(({ name, study }) => [name, path.relative(all, study.folder)])).toEqual([
      ["longer", "variants/longer"],
      ["nuanced", "variants/nuanced"],
      ["sft-only", "variants/sft-only"],
    ]);
    const [longer, nuanced, sftOnly] = variants.map(({ study }) => study.config);
    expect(longer?.sft).toEqual({ ...config.sft, epochs: 9 });
    expect(longer?.grpo).toEqual(config.grpo);
    // Another kind of reward keeps nothing of the settings of the first.
    expect(nuanced?.grpo).toMatchObject({ epochs: 3, reward: { kind: "nuanced" } });
    expect(nuanced?.grpo?.reward).not.toHaveProperty("minLength");
    expect(sftOnly?.grpo).toBeNull();
    expect(variants.every(({ study }) => study.variants.length === 0)).toBe(true);
  });

  it("take what the command line sets", async () => {
    const { variants } = await load(VARIANTS, "sft.batch=16", "variants.longer.sft.epochs=12");
    expect(variants[0]?.study.config.sft).toMatchObject({ batch: 16, epochs: 12 });
  });

  it("belong to a scope, and are left out of a narrower one", async () => {
    const scoped = `${STUDY}variants:
  a: {}
  b: { scope: tables, grpo: null }
  c: { scope: full, sft: { epochs: 2 } }
`;
    const names = async (...sets: string[]) => (await load(scoped, ...sets)).variants.map(({ name }) => name);
    expect(await names()).toEqual(["a", "b", "c"]);
    expect(await names("scope=tables")).toEqual(["a", "b"]);
    expect(await names("scope=headline")).toEqual(["a"]);
    expect(await refusal(scoped, "variants.b.scope=all")).toMatch(
      /: variants\.b\.scope: choose among headline/,
    );
  });

  it("are judged on the same sets", async () => {
    expect(await refusal(`${STUDY}variants: { a: { evaluation: { sets: { there: { n: 6 } } } } }\n`)).toBe(
      ": variants.a.evaluation.sets: all variants are judged on the same sets",
    );
  });

  it("may not change what all have in common, and are refused by name", async () => {
    expect(await refusal(`${STUDY}variants: { a: { seed: 2 } }\n`)).toBe(
      ": variants.a.seed: a variant may change scope, title, model, format, teacher, sft, grpo, trainingSeeds, evaluation, reasons only",
    );
    expect(await refusal(`${STUDY}variants: { a: { sft: { epochs: 0 } } }\n`)).toMatch(
      /^: variants\.a: sft\.epochs: /,
    );
  });
});

describe("training seeds", () => {
  it("make a study of each, which differs in that seed alone", async () => {
    const { config, folder, variants } = await load(STUDY, "trainingSeeds=[4, 2]");
    expect(
      variants.map(({ name, recipe, study }) => [name, recipe, path.relative(folder, study.folder)]),
    ).toEqual([
      ["seed-4", null, "variants/seed-4"],
      ["seed-2", null, "variants/seed-2"],
    ]);
    for (const [index, seed] of [4, 2].entries())
      expect(variants[index]?.study.config).toEqual({
        ...config,
        title: `Training seed ${seed}`,
        trainingSeeds: [seed],
      });
    expect((await load(STUDY, "trainingSeeds=[4]")).variants).toEqual([]);
    expect((await load(STUDY)).config.trainingSeeds).toEqual([]);
  });

  it("reach no stage but those that train, and the report's title", async () => {
    const { variants } = await load(STUDY, "trainingSeeds=[1, 2]");
    const [one, two] = variants.map(({ study }) =>
      studyStages(study.config).map(({ name, config }) => [name, JSON.stringify(config)] as const),
    );
    const differ = one?.flatMap(([name, config], index) => (two?.[index]?.[1] === config ? [] : [name]));
    expect(differ).toEqual(["sft", "grpo", "report"]);
  });

  it("leave the hashes of a study that trains with its own seed as they were", async () => {
    const configs = async (...sets: string[]) =>
      studyStages((await load(STUDY, "seed=3", ...sets)).config).map(({ config }) => config);
    expect(await configs("trainingSeeds=[3]")).toEqual(await configs());
    const [sft] = (await configs("trainingSeeds=[5]")).filter((config) =>
      JSON.stringify(config).includes('"drawn"'),
    );
    expect(sft).toMatchObject({ seed: 5, drawn: 3 });
  });

  it("are given once each", async () => {
    expect(await refusal(STUDY, "trainingSeeds=[1, 1]")).toBe(": trainingSeeds: each seed once");
    expect(await refusal(`${STUDY}variants: { a: { trainingSeeds: [2, 2] } }\n`)).toBe(
      ": variants.a: trainingSeeds: each seed once",
    );
  });
});
