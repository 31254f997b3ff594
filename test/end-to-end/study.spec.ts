import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCohort } from "../../src/cohort/cohort-file.ts";
import { readTable } from "../../src/datasets/table-file.ts";
import { readPredictions } from "../../src/evaluation/prediction-file.ts";
import { readResults } from "../../src/study/read-results.ts";
import { type Finished, run, start, TINY_STUDY } from "./command-line.ts";
import { sidecarWatch } from "./sidecar-watch.ts";

/** How often a run's folder is looked at while waiting for the moment to break it off. */
const POLL_MS = 5;

let scratch: string;
let undisturbed: string;
let first: Finished;
const command = (name: string, folder: string, ...more: string[]) => [
  name,
  TINY_STUDY,
  "--set",
  `folder=${folder}`,
  ...more,
];

beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), "chexreason-study-"));
  undisturbed = path.join(scratch, "undisturbed");
  first = await run(command("run", undisturbed));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("a study, from the hospitals' files to the report", () => {
  it("ends well and prints one table", () => {
    expect(first.stderr).not.toMatch(/bug of ours/);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^phantom-chexpert: \d+ images of \d+ patients, 14 labels, 9 matched$/m);
    expect(first.stdout).toMatch(/^phantom-nih: 12 images of \d+ patients, 9 labels, 9 matched$/m);
    for (const model of ["base", "sft", "grpo", "always", "prior", "constant"])
      expect(first.stdout.match(new RegExp(`^ {2}${model} `, "gm"))).toHaveLength(2);
  });

  it("leaves results for every model, hospital and label set", async () => {
    const { rows } = await readResults(path.join(undisturbed, "reports/results.json"));
    expect(rows).toHaveLength(6 * 2 * 2);
    for (const { macroF1, n } of rows) {
      expect(n).toBeGreaterThan(0);
      expect(macroF1.low).toBeLessThanOrEqual(macroF1.value ?? Number.NaN);
      expect(macroF1.high).toBeGreaterThanOrEqual(macroF1.value ?? Number.NaN);
    }
  });

  it("accounts for every record, by cohort or by reason", async () => {
    const records = await readTable(path.join(undisturbed, "data/phantom-mimic.parquet"));
    const cohorts = await Promise.all(
      ["sft", "rl", "validation"].map((name) => readCohort(path.join(undisturbed, `cohorts/${name}.jsonl`))),
    );
    const setAside = readFileSync(path.join(undisturbed, "cohorts/set-aside.jsonl"), "utf8")
      .trim()
      .split("\n");
    const ids = [
      ...cohorts.flatMap((cohort) => cohort.records.map(({ id }) => id)),
      ...setAside.map((line) => (JSON.parse(line) as { id: string }).id),
    ];
    expect(ids.sort()).toEqual(records.map(({ id }) => id).sort());
  });

  it("keeps every answer, beside what was read from it", async () => {
    const predictions = await readPredictions(path.join(undisturbed, "predictions/grpo@phantom-nih.parquet"));
    expect(predictions).toHaveLength(12);
    for (const { text, tokens } of predictions) {
      expect(text.length).toBeGreaterThan(0);
      expect(tokens).toBeGreaterThan(0);
    }
  });

  it("writes a report that names the scaled settings", () => {
    const html = readFileSync(path.join(undisturbed, "reports/index.html"), "utf8");
    expect(html).toContain("grpo.reward");
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it("does nothing the second time, and says so", async () => {
    const before = fingerprint(undisturbed, () => true);
    const again = await run(command("run", undisturbed));
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("nothing to do");
    expect(again.stdout).toBe(first.stdout);
    expect(fingerprint(undisturbed, () => true)).toEqual(before);
  });

  it("tells where it stands", async () => {
    const { stdout, code } = await run(command("status", undisturbed, "--json"));
    const status = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(status).toMatchObject({ schema: "chexreason.status/1", study: "tiny" });
    expect(status.done).toBe(status.total);
  });

  it("reads a picture given by its file", async () => {
    const folder = path.join(undisturbed, "hospitals/phantom-nih/images_001/images");
    const [picture = ""] = readdirSync(folder).sort();
    const file = path.join(folder, picture);
    const { stdout, code } = await run([
      ...command("predict", undisturbed),
      file,
      "--model",
      "sft",
      "--json",
    ]);
    const { schema, model, predictions } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect([schema, model]).toEqual(["chexreason.predict/1", "sft"]);
    expect(predictions).toHaveLength(1);
    expect(predictions[0].image).toBe(file);
    expect(predictions[0].text).toMatch(/<think>/);
    expect(predictions[0].labels === null).toBe(predictions[0].failure !== null);
  });

  it("says that a model is not there yet, and how to make it", async () => {
    const { stderr, code } = await run([...command("predict", path.join(scratch, "nothing")), "picture.png"]);
    expect(stderr).toMatch(
      /nothing has no trained model yet: run `chexreason grpo .*tiny\.yaml` first, or give --model base/,
    );
    expect(code).toBe(1);
  });

  it("does again only what a changed setting reaches", async () => {
    const { stdout } = await run(command("status", undisturbed, "--json", "--set", "grpo.beta=0.1"));
    const states = Object.fromEntries(
      JSON.parse(stdout).stages.map(({ name, state }: { name: string; state: string }) => [name, state]),
    );
    expect(states).toMatchObject({
      sft: "done",
      grpo: "stale",
      "predict sft@phantom-nih": "done",
      "predict grpo@phantom-nih": "stale",
      report: "stale",
    });
  });
});

describe("a study killed again and again", () => {
  it("ends in the same bytes, and never opens the sidecar of true findings", async () => {
    const folder = path.join(scratch, "killed");
    expect((await run(command("data", folder))).code).toBe(0);
    for (const hospital of readdirSync(path.join(folder, "hospitals")))
      if (hospital.endsWith(".truth")) rmSync(path.join(folder, "hospitals", hospital), { recursive: true });
    const watch = sidecarWatch(path.join(scratch, "opened.log"));

    const moments = [
      ["SFT, between checkpoints", () => rows(folder, "sft") === 5],
      ["SFT, a checkpoint half written", () => isWriting(folder, "sft", 9)],
      ["GRPO, its first rollout", () => rows(folder, "grpo") === 1],
      ["GRPO, between checkpoints", () => rows(folder, "grpo") === 4],
      ["GRPO, a checkpoint half written", () => isWriting(folder, "grpo", 4)],
    ] as const;
    for (const [moment, hasCome] of moments) {
      const { child, finished } = start(command("run", folder), watch.env);
      while (!hasCome() && child.exitCode === null) await sleep(POLL_MS);
      child.kill("SIGKILL");
      const { signal, stderr } = await finished;
      expect(signal, `${moment}: ${stderr}`).toBe("SIGKILL");
    }
    expect((await run(command("run", folder), watch.env)).code).toBe(0);
    expect(watch.opened()).toEqual([]);
    const isResult = (file: string) =>
      /^(runs|predictions|reports|traces|cohorts)\//.test(file) && !file.endsWith("timings.jsonl");
    expect(fingerprint(folder, isResult)).toEqual(fingerprint(undisturbed, isResult));
  });

  it("can be interrupted, says so by 130, and leaves no engine", async () => {
    const folder = path.join(scratch, "interrupted");
    const { child, finished } = start(command("run", folder));
    while (rows(folder, "sft") < 3 && child.exitCode === null) await sleep(POLL_MS);
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted");
    const status = JSON.parse((await run(command("status", folder, "--json"))).stdout);
    expect(status.stages.find(({ name }: { name: string }) => name === "sft").state).toBe("interrupted");
  });
});

describe("the doctor", () => {
  it("finds this machine in order", async () => {
    const { stdout, code } = await run(["doctor", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "chexreason.doctor/1", ok: true });
    expect(code).toBe(0);
  });
});

describe("what a user gets wrong", () => {
  it.each([
    ["an unknown setting", ["--set", "grpo.bete=1"], /tiny\.yaml: grpo: Unrecognized key: "bete"/],
    ["a setting of the wrong kind", ["--set", "sft.epochs=many"], /tiny\.yaml: sft\.epochs: /],
    ["a model that is not there", ["--set", "model.source=nowhere"], /model\.source nowhere is no folder/],
    ["no hospital of that name", ["--set", "cohort.source=nowhere"], /cohort\.source names "nowhere"/],
  ])("%s is one line and 2", async (_, more, line) => {
    const { code, stderr } = await run(command("run", path.join(scratch, "wrong"), ...more));
    expect(stderr.trim().split("\n").at(-1)).toMatch(line);
    expect(code).toBe(2);
  });

  it("a Python that is not there is one line and 3", async () => {
    const { code, stderr } = await run(command("sft", undisturbed, "--set", "sft.epochs=1"), {
      CHEXREASON_PYTHON: "/nowhere/python",
    });
    expect(stderr.trim().split("\n").at(-1)).toMatch(/\/nowhere\/python cannot be run as Python/);
    expect(code).toBe(3);
  });
});

/** Rows that a training stage has written so far. */
function rows(folder: string, stage: "sft" | "grpo"): number {
  const file = path.join(runFolder(folder, stage), "metrics.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

/** Whether a training stage is writing a checkpoint just now, at that row or later. */
function isWriting(folder: string, stage: "sft" | "grpo", row: number): boolean {
  const checkpoints = path.join(runFolder(folder, stage), "checkpoints");
  if (rows(folder, stage) < row || !existsSync(checkpoints)) return false;
  return readdirSync(checkpoints).some((name) => !/^step-\d+$/.test(name));
}

function runFolder(folder: string, stage: string): string {
  const runs = path.join(folder, "runs");
  const own = existsSync(runs) ? readdirSync(runs).find((name) => name.startsWith(`${stage}-`)) : undefined;
  return path.join(runs, own ?? "none");
}

/** The files of a folder, path -> SHA-256. */
function fingerprint(folder: string, isWanted: (file: string) => boolean): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(path.join(folder, file)).isFile() && isWanted(file))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(path.join(folder, file)))
        .digest("hex"),
    ]),
  );
}
