import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { readCohort } from "../../cohort/cohort-file.ts";
import { image } from "../../cohort/testing/hospital.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { writeTable } from "../../datasets/table-file.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { type StudyConfig, studySchema } from "../schema/study.ts";
import type { Stage, StageContext, StageResult } from "../stage.ts";
import { cohortStage } from "./cohort-stage.ts";
import { teachStage } from "./teach-stage.ts";
import { testSetFile, testSetStage } from "./test-set-stage.ts";

const scratch = scratchFolder();
const root = path.join(scratch, "images");

/** Every image has a grey of its own, but for those that are given another's. */
async function draw(records: readonly ImageRecord[], same: Record<string, string> = {}): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const { id, image: name } of records) {
    const text = (same[id] ?? id).padEnd(16, ".").slice(0, 16);
    const raw = { width: 4, height: 4, channels: 1 } as const;
    await writeFile(path.join(root, name), await sharp(Buffer.from(text), { raw }).png().toBuffer());
  }
}

const recordsOf = (site: string, first: number, count: number): ImageRecord[] =>
  Array.from({ length: count }, (_, at) => {
    const id = `${site}-${first + at}`;
    return { ...image(id, `p${first + at}`, ["Edema"]), site, image: `${id}.png` };
  });

const configOf = (changes: object = {}, data: object = {}): StudyConfig =>
  studySchema.parse({
    schema: "chexreason.study/1",
    name: "test",
    model: { source: "none" },
    data: {
      train: { kind: "chexpert", set: "train", root },
      valid: { kind: "chexpert", set: "valid", root },
      other: { kind: "folder", root },
      ...data,
    },
    cohort: { source: "train", sft: 8, rl: 4, validation: 4, floor: 0, ...changes },
    teacher: { kind: "worded" },
    evaluation: { sets: { valid: {}, other: { n: 5 } } },
  });

/** Runs stages in a folder of their own, the tables being given. */
async function run(
  name: string,
  config: StudyConfig,
  tables: Record<string, readonly ImageRecord[]>,
  stages: readonly Stage[],
): Promise<{ folder: string; facts: Record<string, StageResult["facts"]> }> {
  const folder = path.join(scratch, name);
  for (const [data, records] of Object.entries(tables))
    await writeTable(path.join(folder, `data/${data}.parquet`), records);
  const facts: Record<string, StageResult["facts"]> = {};
  for (const stage of stages) {
    const context: StageContext = {
      study: { config, file: "", folder, variants: [] },
      engines: { model: () => Promise.reject(new Error("no model here")) } as never,
      hash: "",
      onProgress: () => undefined,
      path: (...parts) => path.join(folder, ...parts),
      result: (needed) => {
        expect(stage.needs).toContain(needed);
        return { files: [], summary: "", facts: { root }, hash: "" };
      },
    };
    facts[stage.name] = (await stage.run(context)).facts;
  }
  return { folder, facts };
}

const train = recordsOf("train", 0, 40);
const valid = recordsOf("valid", 100, 10);
const other = recordsOf("other", 0, 9);
const stagesOf = (config: StudyConfig): Stage[] => [
  cohortStage(config),
  testSetStage(config, "valid"),
  testSetStage(config, "other"),
];
const idsOf = async (folder: string, file: string): Promise<string[]> =>
  (await readCohort(path.join(folder, file))).records.map(({ id }) => id);

beforeAll(async () => {
  await draw([...train, ...valid, ...other]);
});

describe("test sets of a study", () => {
  it("are drawn, with hashes, the list of files, and nothing replaced", async () => {
    const config = configOf();
    const { folder, facts } = await run("plain", config, { train, valid, other }, stagesOf(config));
    expect(await idsOf(folder, testSetFile("valid"))).toHaveLength(10);
    expect(await idsOf(folder, testSetFile("other"))).toHaveLength(5);
    expect(facts["test-set valid"]).toMatchObject({ n: 10, images: "decode", replaced: {} });
  });

  it("are refused when a patient of another file of the hospital was trained on", async () => {
    const config = configOf();
    const leaking = [...valid, ...recordsOf("valid", 0, 40)];
    await draw(leaking);
    await expect(run("leak", config, { train, valid: leaking, other }, stagesOf(config))).rejects.toThrow(
      /test-valid: 16 of its patients trained or chose something, first p\d+ of chexpert/,
    );
  });

  it("may share ids with another hospital, which the study can name", async () => {
    const config = configOf({}, { valid: { kind: "chexpert", set: "valid", root, hospital: "elsewhere" } });
    const same = recordsOf("valid", 0, 40);
    await draw(same);
    const { folder } = await run("named", config, { train, valid: same, other }, stagesOf(config));
    expect(await idsOf(folder, testSetFile("valid"))).toHaveLength(40);
  });

  it("give up a picture that was trained on, or is in a test set before them, and count it", async () => {
    const config = configOf();
    const first = await run("copies", config, { train, valid, other }, stagesOf(config));
    const [trained = ""] = await idsOf(first.folder, "cohorts/sft.jsonl");
    const drawn = await idsOf(first.folder, testSetFile("other"));
    await draw([...valid, ...other], { "valid-103": trained, [drawn[0] ?? ""]: "valid-105" });
    try {
      const { folder, facts } = await run("copies", config, { train, valid, other }, stagesOf(config));
      const reason = "same picture in another set";
      expect(await idsOf(folder, testSetFile("valid"))).not.toContain("valid-103");
      expect(facts["test-set valid"]).toMatchObject({ n: 9, setAside: { [reason]: 1 } });
      const ids = await idsOf(folder, testSetFile("other"));
      expect(ids).toHaveLength(5);
      expect(ids).not.toContain(drawn[0]);
      expect(facts["test-set other"]).toMatchObject({ n: 5, replaced: { [reason]: 1 } });
    } finally {
      await draw([...valid, ...other]);
    }
  });

  it("are drawn before the download from the tables alone; nothing is taught on them then", async () => {
    const config = configOf({ images: "unchecked" });
    const gone = (records: readonly ImageRecord[]) =>
      records.map((record) => ({ ...record, image: `gone/${record.image}` }));
    const tables = { train: gone(train), valid: gone(valid), other: gone(other) };
    const { facts } = await run("before", config, tables, stagesOf(config));
    expect(facts.cohort).toMatchObject({ images: "unchecked" });
    await expect(run("before", config, {}, [teachStage(config)])).rejects.toThrow(
      /cohort.images is unchecked/,
    );
    const looking = configOf();
    await expect(run("before", looking, tables, stagesOf(looking))).rejects.toThrow(
      /16 picked files are not under .*missing-train.txt/,
    );
  });
});
