import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../util/files.ts";
import type { Progress } from "../util/progress.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import type { EngineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import { runStages, type StageEvent } from "./run-stages.ts";
import { studySchema } from "./schema/study.ts";
import type { Stage, StageContext, StageResult } from "./stage.ts";
import { readRecord } from "./stage-record.ts";

const CONFIG = studySchema.parse({
  schema: "chexreason.study/1",
  name: "small",
  model: { source: "nowhere" },
  data: {},
  cohort: { source: "here" },
  teacher: { kind: "worded" },
  evaluation: { sets: {} },
});
/** These stages need no engine. */
const ENGINES: EngineHost = {
  model: () => Promise.reject(new Error("no engine here")),
  another: () => Promise.reject(new Error("no engine here")),
  close: () => Promise.resolve(),
};

const root = scratchFolder();
let study: Study;
/** The names of the stages that worked, in order. */
let ran: string[];
let events: StageEvent[];
beforeEach(async () => {
  const folder = path.join(await mkdtemp(path.join(root, "case-")), "study");
  study = { config: CONFIG, file: "study.yaml", folder, variants: [] };
  ran = [];
  events = [];
});

const at = (file: string): string => path.join(study.folder, file);
const run = (...stages: Stage[]) =>
  runStages(study, stages, ENGINES, {
    onStage: (event) => events.push(event),
    onProgress: () => {},
  });

/** A stage that writes `<name>.txt`: the word it is given, after all that it needs. */
function stage(
  name: string,
  needs: readonly string[],
  word: string,
  work?: (context: StageContext) => void,
): Stage {
  return {
    name,
    needs,
    config: { word },
    async run(context): Promise<StageResult> {
      ran.push(name);
      work?.(context);
      const read = await Promise.all(
        needs
          .flatMap((need) => context.result(need).files)
          .map((file) => readFile(context.path(file), "utf8")),
      );
      await writeFileAtomic(context.path(`${name}.txt`), [...read, word].join(" "));
      return { files: [`${name}.txt`], summary: `${read.length} read`, facts: { length: word.length } };
    },
  };
}

/** data <- cohort <- report, and model <- report. */
const line = (words: Partial<Record<"data" | "cohort" | "model" | "report", string>> = {}): Stage[] => [
  stage("data", [], words.data ?? "d"),
  stage("cohort", ["data"], words.cohort ?? "c"),
  stage("model", [], words.model ?? "m"),
  stage("report", ["cohort", "model"], words.report ?? "r"),
];
const ALL = ["data", "cohort", "model", "report"];

describe("runStages", () => {
  it("runs every stage once, in order, and tells of each", async () => {
    const { worked, records } = await run(...line());
    expect(ran).toEqual(ALL);
    expect(worked).toBe(4);
    expect(await readFile(at("report.txt"), "utf8")).toBe("d c m r");
    expect([...records.keys()]).toEqual(ALL);
    expect(
      events.map(({ stage: name, index, count, state, summary }) => [name, index, count, state, summary]),
    ).toEqual(
      ALL.flatMap((name, index) => {
        const summary = `${name === "report" ? 2 : name === "cohort" ? 1 : 0} read`;
        return [
          [name, index + 1, 4, "started", ""],
          [name, index + 1, 4, "finished", summary],
        ];
      }),
    );
  });

  it("does nothing a second time, and gives the same records", async () => {
    const first = await run(...line());
    ran = [];
    events = [];
    const second = await run(...line());
    expect(ran).toEqual([]);
    expect(second).toEqual({ worked: 0, records: first.records });
    expect(events.map(({ state, summary }) => [state, summary])).toEqual(
      [...first.records.values()].map(({ summary }) => ["skipped", summary]),
    );
    expect(events.map(({ seconds }) => seconds)).toEqual(
      [...first.records.values()].map(({ seconds }) => seconds),
    );
  });

  it.each([
    ["removed", (file: string) => rm(file)],
    ["changed", (file: string) => writeFile(file, "by hand")],
  ])(
    "runs a stage again whose file was %s, and none after it, since it gives the same",
    async (_how, spoil) => {
      await run(...line());
      ran = [];
      await spoil(at("cohort.txt"));
      expect((await run(...line())).worked).toBe(1);
      expect(ran).toEqual(["cohort"]);
      expect(await readFile(at("cohort.txt"), "utf8")).toBe("d c");
    },
  );

  it("runs a stage again whose setting was changed, and those that read what it gives, no other", async () => {
    await run(...line());
    ran = [];
    await run(...line({ cohort: "C" }));
    expect(ran).toEqual(["cohort", "report"]);
    expect(await readFile(at("report.txt"), "utf8")).toBe("d C m r");
    ran = [];
    await run(...line({ cohort: "C", model: "M" }));
    expect(ran).toEqual(["model", "report"]);
  });

  it("runs a stage again when a person's file that it reads comes, changes or goes", async () => {
    const reads = { ...stage("sft", ["data"], "s"), inputs: ["reviews.jsonl"] };
    const stages = [stage("data", [], "d"), reads];
    await run(...stages);
    const changes = [
      () => writeFile(at("reviews.jsonl"), "1"),
      () => writeFile(at("reviews.jsonl"), "2"),
      () => rm(at("reviews.jsonl")),
    ];
    for (const change of changes) {
      await change();
      ran = [];
      await run(...stages);
      await run(...stages);
      expect(ran).toEqual(["sft"]);
    }
  });

  it("keeps what was done when a stage fails, and goes on there", async () => {
    const fails = (whole: Stage): Stage => ({
      ...whole,
      run: () => Promise.reject(new UserError("the disk is full")),
    });
    const stopped = line().map((whole) => (whole.name === "model" ? fails(whole) : whole));
    await expect(run(...stopped)).rejects.toThrow("the disk is full");
    expect(ran).toEqual(["data", "cohort"]);
    expect(events.at(-1)).toMatchObject({ stage: "model", state: "started" });
    expect(await readRecord(study.folder, "model")).toBeNull();
    ran = [];
    expect((await run(...line())).worked).toBe(2);
    expect(ran).toEqual(["model", "report"]);
  });

  it("refuses stages that are out of order", async () => {
    await expect(run(...line().reverse())).rejects.toThrow(
      "stage cohort is needed before it ran: the stages are out of order",
    );
    expect(ran).toEqual([]);
  });
});

describe("an error in a stage", () => {
  const failing = (error: unknown): Stage =>
    stage("teach", [], "t", () => {
      throw error;
    });

  it("gets the stage's name where it is the user's, and keeps its exit code", async () => {
    const cause = new UserError("no key in the environment", 3);
    const thrown = await run(failing(cause)).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ message: "teach: no key in the environment", exitCode: 3, cause });
  });

  it("is left as it is where it is ours, with its stack in a log", async () => {
    const bug = new TypeError("x is not a function");
    expect(await run(failing(bug)).catch((error: unknown) => error)).toBe(bug);
    const log = await readFile(at("error.log"), "utf8");
    expect(log).toMatch(/^teach\nTypeError: x is not a function\n +at /);
  });

  it("is logged even when it is no Error", async () => {
    expect(await run(failing("a text")).catch((error: unknown) => error)).toBe("a text");
    expect(await readFile(at("error.log"), "utf8")).toBe("teach\na text\n");
  });
});

describe("a stage's context", () => {
  it("has the study, what the needed stages gave, a hash that is the record's, and passes progress on", async () => {
    const seen: StageContext[] = [];
    const heard: Progress[] = [];
    const progress = { done: 1, total: 2, unit: "images" };
    const stages = [
      stage("data", [], "dd"),
      stage("cohort", ["data"], "c", (context) => {
        seen.push(context);
        context.onProgress(progress);
      }),
    ];
    const { records } = await runStages(study, stages, ENGINES, {
      onStage: () => {},
      onProgress: (told) => heard.push(told),
    });
    const [context] = seen;
    expect(context?.study).toBe(study);
    expect(context?.engines).toBe(ENGINES);
    expect(context?.path("a", "b.txt")).toBe(path.join(study.folder, "a", "b.txt"));
    expect(context?.hash).toBe(records.get("cohort")?.hash);
    expect(context?.result("data")).toEqual({
      files: ["data.txt"],
      summary: "0 read",
      facts: { length: 2 },
      hash: records.get("data")?.hash,
    });
    expect(heard).toEqual([progress]);
  });

  it("gives nothing of a stage that is not needed, though it has run", async () => {
    const peeks = stage("report", [], "r", (context) => void context.result("data"));
    await expect(run(stage("data", [], "d"), peeks)).rejects.toThrow(
      "report reads from data without needing it",
    );
  });
});
