import { writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy, type Study } from "./load-study.ts";
import { recordStage } from "./stage-record.ts";
import { trainedModel } from "./trained-model.ts";
import { variantOf } from "./variant-of.ts";

const scratch = scratchFolder();
const file = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
model: { source: model }
data:
  here: { kind: phantom, site: phantom-mimic, images: 40, size: 64 }
  there: { kind: phantom, site: phantom-nih, images: 6, size: 64 }
cohort: { source: here }
teacher: { kind: worded }
evaluation: { sets: { there: {} } }
`;
let next = 0;
let study: Study;
const load = (...settings: string[]): Promise<Study> =>
  loadStudy(file, [`folder=${path.join(scratch, `case-${next}`)}`, ...settings]);
const finish = ({ folder }: Study, stage: "sft" | "grpo", facts: object): Promise<unknown> =>
  recordStage(folder, stage, "0", { files: [], summary: "", facts: { folder: "runs", ...facts } }, 0);
const SFT = { adapter: "runs/sft/adapter", bestStep: 3 };
const GRPO = { adapters: { best: "runs/best", last: "runs/last" }, bestRollout: 2 };

beforeEach(async () => {
  next += 1;
  await writeFile(file, STUDY);
  study = await load();
});

describe("trainedModel", () => {
  it("is the last that was trained, where none is asked for", async () => {
    await expect(trainedModel(study, undefined)).rejects.toThrow(
      `case-${next} has no trained model yet: run \`chexreason grpo ${file}\` first, or give --model base`,
    );
    await finish(study, "sft", SFT);
    expect(await trainedModel(study, undefined)).toEqual({
      model: "sft",
      adapter: path.join(study.folder, SFT.adapter),
    });
    await finish(study, "grpo", GRPO);
    expect(await trainedModel(study, undefined)).toEqual({
      model: "grpo",
      adapter: path.join(study.folder, GRPO.adapters.best),
    });
  });

  it("asks for the part that the study has, where it leaves GRPO out, and is the base where it trains nothing", async () => {
    await expect(trainedModel(await load("grpo=null"), undefined)).rejects.toThrow("`chexreason sft ");
    expect(await trainedModel(await load("grpo=null", "sft=null"), undefined)).toEqual({
      model: "base",
      adapter: null,
    });
  });

  it("is the one that is asked for, or says why not", async () => {
    await finish(study, "sft", SFT);
    expect((await trainedModel(study, "base")).adapter).toBeNull();
    expect((await trainedModel(study, "sft")).model).toBe("sft");
    await expect(trainedModel(study, "grpo")).rejects.toThrow(
      `has no grpo model yet: run \`chexreason grpo ${file}\` first`,
    );
    await expect(trainedModel(await load("grpo=null"), "grpo")).rejects.toThrow(
      "makes no grpo model: choose by --model among base, sft",
    );
  });

  it("looks in the folder of a variant, which has to be named", async () => {
    const variants = await load("variants={short: {}, long: {}}");
    expect(() => variantOf(variants, undefined)).toThrow("by --variant (short, long)");
    expect(() => variantOf(variants, "wide")).toThrow("by --variant (short, long)");
    const long = variantOf(variants, "long");
    await finish(long, "sft", SFT);
    expect((await trainedModel(long, undefined)).adapter).toBe(
      path.join(variants.folder, "variants/long", SFT.adapter),
    );
  });
});
