import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hospital } from "../cohort/testing/hospital.ts";
import { writeTable } from "../datasets/table-file.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { main } from "./main.ts";

const scratch = scratchFolder();
const table = path.join(scratch, "t.parquet");
const out = path.join(scratch, "cohorts");
const streams = { stdout: "", stderr: "" };

beforeEach(() => {
  streams.stdout = "";
  streams.stderr = "";
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      streams[name] += String(text);
      return true;
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});
const chexreason = async (...args: string[]): Promise<number> => {
  process.exitCode = 0;
  await main(["node", "chexreason", ...args]);
  return Number(process.exitCode ?? 0);
};
const MAKE = ["cohort", "make", "--table", table, "--out", out];

describe("chexreason cohort", () => {
  it("makes, verifies and inspects a folder: data on stdout, the rest on stderr", async () => {
    await writeTable(table, hospital(200, 1));
    const sizes = ["--sft", "40", "--rl", "20", "--validation", "10", "--test", "rest", "--floor", "0.02"];
    expect(await chexreason(...MAKE, ...sizes, "--views", "AP, PA", "--seed", "7", "--json")).toBe(0);
    const made = JSON.parse(streams.stdout);
    expect(made).toMatchObject({ schema: "chexreason.cohort/1", request: { seed: 7, views: ["AP", "PA"] } });
    expect(made.sets.map(({ name }: { name: string }) => name)).toEqual(["sft", "rl", "validation", "test"]);
    expect(streams.stderr).toContain("files.txt");

    streams.stdout = "";
    expect(await chexreason("cohort", "inspect", out)).toBe(0);
    expect(streams.stdout.split("\n")[0]).toMatch(/^\s+source\s+sft\s+rl\s+validation\s+test$/);
    streams.stdout = "";
    const figures = path.join(scratch, "figures");
    expect(await chexreason("cohort", "inspect", out, "--json", "--figures", figures)).toBe(0);
    expect(JSON.parse(streams.stdout).schema).toBe("chexreason.cohort-inspect/1");
    expect(streams.stderr).toContain("co-occurrence.svg");

    // None of the files is there.
    expect(await chexreason("cohort", "verify", out, "--root", scratch)).toBe(1);
    expect(streams.stderr).toMatch(/\d+ picked files are not there/);
  });

  it("still takes a study file, and says what is wrong with either", async () => {
    expect(await chexreason("cohort", "nowhere.yaml")).toBe(2);
    expect(streams.stderr).toContain("nowhere.yaml cannot be read");
    expect(await chexreason("cohort", "inspect", "nowhere.yaml")).toBe(2);
    expect(await chexreason("cohort", "make", "--sft", "many", "--out", out)).toBe(2);
    expect(await chexreason("cohort", "make")).toBe(2);
    expect(await chexreason(...MAKE)).toBe(2);
    expect(streams.stderr).toContain("holds cohorts already");
  });
});
