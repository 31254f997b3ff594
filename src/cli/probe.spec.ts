import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandsFor } from "./commands.ts";
import { addProbe } from "./probe.ts";

const call = async (...args: string[]): Promise<void> => {
  const program = new Command().exitOverride();
  addProbe(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(["probe", ...args], { from: "user" });
};

describe("chexreason probe", () => {
  it("is a command of its own", async () => {
    const [add, ...others] = await commandsFor(["probe"]);
    expect([add, others]).toEqual([addProbe, []]);
  });

  it.each([
    ["no study", [], /missing required argument 'study'/],
    ["a model that is none", ["s.yaml", "--model", "nv"], /Allowed choices are base, sft, grpo/],
    ["a probe that is none", ["s.yaml", "--only", "x"], /Allowed choices are convention, regions, switches/],
    ["half an image", ["s.yaml", "--n", "1.5"], /give a whole number above 0/],
    ["a study that is not there", ["none.yaml"], /none\.yaml cannot be read/],
  ])("refuses %s", async (_, args, message) => {
    await expect(call(...args)).rejects.toThrow(message);
  });
});
