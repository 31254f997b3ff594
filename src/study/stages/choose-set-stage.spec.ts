import path from "node:path";
import { describe, expect, it } from "vitest";
import { readCohort, writeCohort } from "../../cohort/cohort-file.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { writeTable } from "../../datasets/table-file.ts";
import { exampleRecord } from "../../datasets/testing/example-record.ts";
import { labelRow } from "../../labels/label.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { type StudyConfig, studySchema } from "../schema/study.ts";
import type { StageContext } from "../stage.ts";
import { chooseSetFile, chooseSetStage } from "./choose-set-stage.ts";

const root = scratchFolder();
let made = 0;

/** Another hospital's image: two of each patient. */
const elsewhere = (index: number): ImageRecord =>
  exampleRecord({
    id: `e${index}`,
    patient: `p${Math.floor(index / 2)}`,
    site: "phantom-nih",
    labels: labelRow({ Edema: 1 }),
  });
const ALL = Array.from({ length: 20 }, (_, index) => elsewhere(index));

const config: StudyConfig = studySchema.parse({
  schema: "chexreason.study/1",
  name: "choosing",
  seed: 4,
  model: { source: "x", revision: "1" },
  data: {
    "phantom-mimic": { kind: "phantom", site: "phantom-mimic", images: 10 },
    "phantom-nih": { kind: "phantom", site: "phantom-nih", images: 20 },
  },
  cohort: { source: "phantom-mimic" },
  teacher: { kind: "worded" },
  grpo: { validateOn: { "phantom-nih": { n: 6 } } },
  evaluation: { sets: { "phantom-nih": { n: 5 } } },
});

/** A study's folder in which everything that the stage needs is done. */
async function contextWith(test: readonly ImageRecord[], all = ALL): Promise<StageContext> {
  const folder = path.join(root, String(made++));
  const file = (...parts: string[]): string => path.join(folder, ...parts);
  for (const [index, name] of ["sft", "rl", "validation"].entries()) {
    const records = [exampleRecord({ id: `m${index}` })];
    await writeCohort(file(`cohorts/${name}.jsonl`), { name, use: "train", rule: "", records });
  }
  await writeCohort(file("cohorts/test-phantom-nih.jsonl"), {
    name: "test-phantom-nih",
    use: "verdict",
    rule: "",
    records: test,
  });
  await writeTable(file("data/phantom-nih.parquet"), all);
  return { path: file } as unknown as StageContext;
}

describe("chooseSetStage", () => {
  const stage = (n: number) => chooseSetStage(config, "phantom-nih", n);

  it("draws from patients that no verdict is about, and accounts for the others", async () => {
    const test = [0, 2, 4, 6, 8].map(elsewhere);
    const context = await contextWith(test);
    const { facts, files } = await stage(6).run(context);
    const { use, records } = await readCohort(context.path(chooseSetFile("phantom-nih")));
    expect(use).toBe("choose");
    expect(records).toHaveLength(6);
    const judged = new Set(test.map(({ patient }) => patient));
    expect(records.filter(({ patient }) => judged.has(patient))).toEqual([]);
    expect(facts).toMatchObject({ n: 6, setAside: 14 });
    expect(files).toEqual(["cohorts/choose-phantom-nih.jsonl", "cohorts/choose-phantom-nih.set-aside.jsonl"]);
  });

  it("draws the same for the same seed, in whatever order the table lies", async () => {
    const drawn = async (all: readonly ImageRecord[]) => {
      const context = await contextWith([elsewhere(0)], [...all]);
      await stage(6).run(context);
      return (await readCohort(context.path(chooseSetFile("phantom-nih")))).records;
    };
    expect(await drawn([...ALL].reverse())).toEqual(await drawn(ALL));
  });

  it("refuses where the test set leaves too few", async () => {
    await expect(stage(6).run(await contextWith(ALL.slice(0, 16)))).rejects.toThrow(
      "grpo.validateOn.phantom-nih: 6 images asked for, 4 are of patients in no other set",
    );
  });
});
