import { lstat, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import type { StageEvent } from "./run-stages.ts";
import { runStudy } from "./run-study.ts";
import { runVariants } from "./run-variants.ts";
import { studyStatus } from "./study-status.ts";

const scratch = scratchFolder();
const file = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
folder: ${JSON.stringify(path.join(scratch, "out"))}
model: { source: model }
data:
  here: { kind: phantom, site: phantom-mimic, images: 40, size: 64 }
  there: { kind: phantom, site: phantom-nih, images: 6, size: 64 }
cohort: { source: here, sft: 8, rl: 4, validation: 4, floor: 0 }
teacher: { kind: worded }
evaluation: { sets: { there: { n: 5 } } }
variants:
  free: {}
  again: { sft: { epochs: 2 } }
  narrative: { format: narrative }
`;

/** Runs up to the teacher's traces, which no engine is needed for; gives the stages that worked. */
async function teach(): Promise<string[]> {
  const worked: string[] = [];
  const listener = {
    onStage: ({ stage, state }: StageEvent) => void (state === "finished" && worked.push(stage)),
    onProgress: () => {},
  };
  const options = { until: "teach" as const, listener, engine: {}, signal: new AbortController().signal };
  const outcome = await runVariants(await loadStudy(file), options);
  expect(outcome.worked).toBe(worked.length);
  return worked;
}

describe("runVariants", () => {
  it("runs each variant in its own folder, and what they have in common once", async () => {
    await writeFile(file, STUDY);
    const worked = await teach();
    expect(worked.filter((stage) => stage.startsWith("free: "))).toEqual([
      "free: data here",
      "free: cohort",
      "free: teach",
    ]);
    expect(worked.filter((stage) => !stage.startsWith("free: "))).toEqual(["narrative: teach"]);
    const traces = (name: string, format: string) =>
      readFile(path.join(scratch, `out/variants/${name}/traces/${format}.jsonl`), "utf8");
    expect(await traces("again", "free")).toBe(await traces("free", "free"));
    expect((await traces("narrative", "narrative")).split("\n")).toHaveLength(9);
  });

  it("draws the hospitals once, in the whole study's folder", async () => {
    for (const name of ["free", "again", "narrative"])
      expect((await lstat(path.join(scratch, `out/variants/${name}/hospitals`))).isSymbolicLink()).toBe(true);
    expect((await lstat(path.join(scratch, "out/hospitals/here"))).isDirectory()).toBe(true);
  });

  it("does nothing the second time, and says where each variant stands", async () => {
    expect(await teach()).toEqual([]);
    const { stages } = await studyStatus(await loadStudy(file));
    const done = stages.filter(({ state }) => state === "done").map(({ name }) => name);
    expect(done).toContain("again: teach");
    expect(done).not.toContain("again: sft");
  });

  it("runs what a training seed does not touch once, and keeps readers' reviews with the first training", async () => {
    await writeFile(file, `${STUDY.replace('out"', 'seeds"').split("variants:")[0]}trainingSeeds: [1, 2]\n`);
    expect(await teach()).toEqual(["seed-1: data here", "seed-1: cohort", "seed-1: teach"]);
    const at = (name: string, part: string): string => path.join(scratch, "seeds/variants", name, part);
    for (const part of ["cohorts/sft.jsonl", "traces/free.jsonl"])
      expect(await readFile(at("seed-2", part), "utf8")).toBe(await readFile(at("seed-1", part), "utf8"));
    await writeFile(at("seed-1", "traces/reviews.jsonl"), "a review\n");
    expect(await readFile(at("seed-2", "traces/reviews.jsonl"), "utf8")).toBe("a review\n");
    expect(await teach()).toEqual([]);
  });

  it("takes over what the study had done before it had seeds", async () => {
    const single = STUDY.replace('out"', 'before"').split("variants:")[0] ?? "";
    await writeFile(file, single);
    const options = {
      until: "teach" as const,
      listener: { onStage: () => {}, onProgress: () => {} },
      engine: {},
      signal: new AbortController().signal,
    };
    await runStudy(await loadStudy(file), options);
    await writeFile(file, `${single}trainingSeeds: [1, 2]\n`);
    expect(await teach()).toEqual([]);
  });

  it("refuses a folder that stands where the shared one belongs", async () => {
    await writeFile(file, STUDY.replace('out"', 'other"'));
    const inTheWay = path.join(scratch, "other/variants/free/hospitals");
    await mkdir(inTheWay, { recursive: true });
    await expect(teach()).rejects.toThrow(`${inTheWay} cannot be linked`);
  });
});
