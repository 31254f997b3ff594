import { writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { addEvaluate } from "./evaluate.ts";
import { addParts } from "./parts.ts";

const scratch = scratchFolder();
const truth = path.join(scratch, "truth.csv");
writeFileSync(truth, "Study,Edema\npatient1/study1,1\npatient2/study1,0\npatient3/study1,1\n");

afterEach(() => vi.restoreAllMocks());

/** What a command line prints on stdout. */
async function stdoutOf(...args: string[]): Promise<string> {
  let printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const program = new Command().exitOverride();
  addParts(program);
  addEvaluate(program);
  await program.parseAsync(["node", "chexreason", "evaluate", ...args]);
  return printed;
}
const files = ["--predictions", truth, "--truth", truth, "--resamples", "50"];

describe("chexreason evaluate", () => {
  it("prints one object for two files", async () => {
    const result: unknown = JSON.parse(await stdoutOf(...files, "--json"));
    expect(result).toMatchObject({
      schema: "chexreason.evaluate/1",
      n: 3,
      macroF1: { value: 1 },
      microF1: { value: 1 },
      perLabel: { Edema: { f1: 1, precision: 1, recall: 1, support: 2 } },
      interval: { resamples: 50, seed: 0 },
    });
  });

  it("prints a table without --json", async () => {
    expect(await stdoutOf(...files, "--against", truth)).toContain("3 images of 3 patients");
  });

  it("still takes a study file alone", async () => {
    await expect(stdoutOf(path.join(scratch, "none.yaml"))).rejects.toThrow("none.yaml");
  });

  it.each([
    [[]],
    [["--json"]],
    [["study.yaml", "--json"]],
    [["study.yaml", ...files]],
    [["--predictions", truth]],
    [["--truth", truth]],
  ])("refuses %j: neither a study nor two files", async (args) => {
    await expect(stdoutOf(...args)).rejects.toMatchObject({
      message: expect.stringContaining("give a study file alone"),
      exitCode: 2,
    });
  });

  it.each([
    ["--resamples", "0"],
    ["--resamples", "1.5"],
    ["--seed", "-1"],
    ["--seed", ""],
  ])("refuses %s %s", async (option, value) => {
    await expect(stdoutOf(...files, option, value)).rejects.toMatchObject({
      message: expect.stringContaining(`${option} ${value}`),
      exitCode: 2,
    });
  });
});
