import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import { readPromptFile } from "./read-prompt-file.ts";

describe("readPromptFile", () => {
  const folder = scratchFolder();
  const file = path.join(folder, "mine.yaml");
  const source = {
    name: "mine",
    title: "Mine",
    version: 2,
    cue: "c",
    answer: "reasoned",
    text: "$& {labels} {answer}",
  };
  const written = (change: object) => {
    writeFileSync(file, JSON.stringify({ ...source, ...change })); // JSON is YAML
    return file;
  };

  it("reads a user's own prompt, its text to the letter", () => {
    const prompt = readPromptFile(written({}));
    expect(prompt).toMatchObject({ name: "mine", version: 2, answer: "reasoned" });
    expect(prompt.text.startsWith("$& No Finding, ")).toBe(true);
  });

  it("hashes what the model is shown: text and contract, not name or cue", () => {
    const { hash } = readPromptFile(written({}));
    expect(readPromptFile(written({ name: "other", cue: "d", version: 3 })).hash).toBe(hash);
    expect(readPromptFile(written({ text: "{labels}. {answer}" })).hash).not.toBe(hash);
    expect(readPromptFile(written({ answer: "label-only" })).hash).not.toBe(hash);
  });

  it.each([
    [{ text: "{answer}" }, /mine\.yaml: text: must hold \{labels\} exactly once/],
    [{ text: "{labels} {answer} {answer}" }, /text: must hold \{answer\} exactly once/],
    [{ name: "../mine" }, /name: must be lower-case/],
    [{ version: 0 }, /version/],
    [{ answer: "json" }, /answer/],
    [{ colour: 1 }, /colour/],
  ])("refuses %j in one line", (change, message) => {
    expect(() => readPromptFile(written(change))).toThrow(message);
    expect(() => readPromptFile(written(change))).toThrow(UserError);
  });

  it("names a file that is not there or not YAML", () => {
    expect(() => readPromptFile(path.join(folder, "none.yaml"))).toThrow(/none\.yaml cannot be read/);
    writeFileSync(file, "a: [");
    expect(() => readPromptFile(file)).toThrow(/mine\.yaml cannot be read/);
  });
});
