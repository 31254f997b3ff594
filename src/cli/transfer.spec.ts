import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addTransfer } from "./transfer.ts";

const TABLES = fileURLToPath(new URL("../evaluation/transfer/paper-tables.yaml", import.meta.url));

describe("chexreason transfer", () => {
  let written: string;
  beforeEach(() => {
    written = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  const call = async (...args: string[]): Promise<void> => {
    const program = new Command().exitOverride();
    addTransfer(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    await program.parseAsync(["transfer", ...args], { from: "user" });
  };

  it("prints a paper's tables, as text, markdown or one object", async () => {
    await call("--from-paper", TABLES);
    expect(written).toContain("home +23 % over 14 labels, +4 % over the 9 matched; away -19 %");
    const given = written;
    written = "";
    await call("--from-paper");
    expect(written).toBe(given);
    written = "";
    await call("--from-paper", TABLES, "--markdown");
    expect(written).toContain("| ChexReason | 0.346 | 0.274 | 0.243 | -30 % | -11 % |");
    written = "";
    await call("--from-paper", TABLES, "--json", "--delta", "0.05");
    expect(JSON.parse(written)).toMatchObject({ schema: "chexreason.transfer/1", delta: 0.05 });
    expect(process.exitCode).toBeUndefined();
  });

  it("ends with 100 where the verdict is not the one required", async () => {
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await call("--from-paper", TABLES, "--require", "transfers");
    expect(told).toHaveBeenCalledWith('chexreason: the last step is not "transfers", as --require asks\n');
    expect(process.exitCode).toBe(100);
    process.exitCode = undefined;
    await call("--from-paper", TABLES, "--require", "inconclusive");
    expect(process.exitCode).toBeUndefined();
  });

  it("refuses neither, both, and what it does not know", async () => {
    await expect(call()).rejects.toMatchObject({
      message: "give a study file, or --from-paper [FILE]",
      exitCode: 2,
    });
    await expect(call("study.yaml", "--from-paper", TABLES)).rejects.toThrow(
      "give a study file, or --from-paper",
    );
    await expect(call("--from-paper", TABLES, "--require", "better")).rejects.toThrow("Allowed choices are");
    await expect(call("--from-paper", TABLES, "--delta", "x")).rejects.toThrow("give a number");
    await expect(call("--from-paper", TABLES, "--delta", "0")).rejects.toThrow("give a margin above 0");
    await expect(call("--from-paper", TABLES, "--home", "PadChest")).rejects.toThrow("--home PadChest");
  });
});
