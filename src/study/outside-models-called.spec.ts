import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { promptByName } from "../prompts/builtin-prompts.ts";
import { numberedRecords } from "../teacher/testing/numbered-pictures.ts";
import { type Behaviour, startTeacherServer, type TeacherServer } from "../teacher/testing/teacher-server.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readByCalling } from "./outside-models-called.ts";
import { type OutsideCalled, outsideSchema } from "./schema/outside.ts";

const scratch = scratchFolder();
const prompt = promptByName("only-label");
let server: TeacherServer;
afterEach(() => server.close());

function called(endpoint: string, changes: object = {}): OutsideCalled {
  const entry = outsideSchema.parse({
    name: "theirs",
    kind: "openai-compatible",
    endpoint,
    model: "served",
    dialect: "findings-list",
    concurrency: 2,
    ...changes,
  });
  if (entry.kind !== "openai-compatible") throw new Error("another kind");
  return entry;
}

const answer = (text: string, more: Partial<Behaviour & { does: "answer" }> = {}): Behaviour => ({
  does: "answer",
  text,
  ...more,
});

async function read(
  behave: (picture: number) => Behaviour,
  changes: object = {},
  licence: ImageRecord["licence"] = "synthetic",
  endpoint?: string,
) {
  server = await startTeacherServer((_n, { picture }) => behave(picture));
  const root = await mkdtemp(path.join(scratch, "case-"));
  const records = await numberedRecords(root, 4, { licence });
  const settings = {
    prompt,
    root,
    journal: path.join(root, "j.jsonl"),
    maxTokens: 64,
    temperature: 0,
    seed: 1,
  };
  const outside = called(endpoint ?? `${server.url}/v1`, changes);
  return { records, again: () => readByCalling(outside, records, settings) };
}

describe("a model behind an address", () => {
  it("is sent the prompt and the picture, no label and nothing of the patient, and read in its dialect", async () => {
    const { again } = await read((picture) =>
      answer(
        picture === 0 ? "The lungs are clear." : picture === 1 ? "Edema, Pneumonia" : "Findings: Fracture",
      ),
    );
    const { predictions, version } = await again();
    expect(predictions.map(({ id, labels, failure }) => [id, labels, failure])).toEqual([
      ["r0", null, "free text"],
      ["r1", ["Edema", "Pneumonia"], null],
      ["r2", ["Fracture"], null],
      ["r3", ["Fracture"], null],
    ]);
    expect(version).toBe("served-1");
    for (const { user, system, model, temperature } of server.requests) {
      // The prompt lists all 14 labels; what may not stand there is one image's.
      expect(user).toBe(prompt.text);
      expect([system, model, temperature]).toEqual(["You read chest radiographs.", "served", 0]);
    }
    expect(server.requests.map(({ picture }) => picture).sort()).toEqual([0, 1, 2, 3]);
  });

  it("is not asked again for what the journal holds, and gives the same", async () => {
    const { again } = await read(() => answer("Edema"));
    const first = await again();
    expect(await again()).toEqual(first);
    expect(server.requests).toHaveLength(4);
  });

  it("gives no answer, or half of one, as failures by name", async () => {
    const { again } = await read((picture) =>
      picture === 0 ? { does: "fail", status: 400 } : answer("Edema, Pneu", { finish: "length" }),
    );
    const { predictions } = await again();
    expect(predictions.map(({ failure }) => failure)).toEqual(["declined", "cut off", "cut off", "cut off"]);
  });

  it("may not change its version", async () => {
    const { again } = await read((picture) => answer("Edema", { version: `v${picture % 2}` }));
    await expect(again()).rejects.toThrow(
      /theirs answered for r\d as v[01], not as v[01]: one row has one version/,
    );
  });

  it("gets no credentialed picture without an attestation; nothing is opened", async () => {
    const { again } = await read(() => answer("Edema"), {}, "credentialed", "https://models.example.org/v1");
    await expect(again()).rejects.toThrow(/credentialed data may not leave this machine/);
    expect(server.sockets()).toBe(0);
  });
});
