import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { Engine, SampledCompletion } from "./engine.ts";
import { connectEngine, type EngineConnection } from "./engine-client.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";
import { ensurePython, PACKAGE_ROOT } from "./python-environment.ts";
import { remoteEngine } from "./remote-engine.ts";
import { drawnPicture, drawnPrompt } from "./testing/drawn-prompt.ts";

// The verbs over the wire, on one engine with a real model; the tests go on from each other, in order. Those that
// train: remote-engine-training.engine.spec.ts. What the numbers are is held to transformers, PEFT and torch in
// engine/chexengine; here, that they arrive.

const MODEL = path.join(PACKAGE_ROOT, "models/phantom-gemma3");
const LORA = { rank: 4, alpha: 8, dropout: 0, seed: 5 };

const scratch = scratchFolder();
let process_: EngineProcess;
let connection: EngineConnection;
let engine: Engine;
/** Handles of two prompts, and two completions of the first. */
let handles: [string, string];
let turns: [number[], number[]];

beforeAll(async () => {
  const { executable } = await ensurePython(() => {});
  process_ = await startEngineProcess(limitedPython(executable));
  connection = connectEngine(process_);
  engine = remoteEngine(connection);
});

afterAll(async () => {
  connection?.close();
  await process_?.stop();
});

/** Python with an address space of 1 TB: what needs more fails at once, on a machine of any size. */
function limitedPython(executable: string): string {
  if (process.platform !== "linux") return executable;
  const file = path.join(scratch, "limited-python");
  writeFileSync(file, `#!/bin/sh\nulimit -v 1000000000\nexec "${executable}" "$@"\n`, { mode: 0o755 });
  return file;
}

const completionsOf = (handle: string, ...seeds: bigint[]) =>
  engine
    .sample({ prompts: [{ handle, seeds }], adapter: "", temperature: 1, topP: 1, maxTokens: 12 })
    .then(([row]) => row ?? []);

const tokensOf = (completions: readonly SampledCompletion[]) => completions.map(({ tokens }) => tokens);

describe("before a model", () => {
  it("describe says who the engine is, and no model", async () => {
    const description = await engine.describe();
    expect(description).toMatchObject({
      contract: 1,
      launchId: process_.launchId,
      pid: process_.pid,
      busyVerb: "",
      model: null,
      adapters: [],
      openTickets: 0,
    });
    expect(Object.keys(description.versions).sort()).toEqual(["peft", "python", "torch", "transformers"]);
    expect(description.device).toMatch(/^(cpu|cuda:0 .+)$/);
    expect(description.peakMemoryBytes).toBeGreaterThan(1e8);
    expect(description.seconds).toEqual({});
  });

  it("other verbs are refused", async () => {
    const failure = engine.tokenize(["x"]);
    await expect(failure).rejects.toMatchObject({ name: "EngineError", fault: "refused", exitCode: 1 });
    await expect(failure).rejects.toThrow("engine: Tokenize: no model is loaded: call Load first");
  });

  it("a folder without a model is unknown, a hub id without revision refused", async () => {
    const nothing = engine.load({ source: path.join(scratch, "no-model"), dtype: "float32" });
    await expect(nothing).rejects.toMatchObject({ fault: "unknown" });
    const hub = engine.load({ source: "nobody/no-model", dtype: "float32" });
    await expect(hub).rejects.toMatchObject({
      fault: "refused",
      message: expect.stringContaining("revision"),
    });
  });
});

describe("load", () => {
  it("answers with the model, which describe then has", async () => {
    const model = await engine.load({ source: MODEL, dtype: "float64", threads: 1 });
    expect(model).toMatchObject({ family: "gemma3", source: MODEL, dtype: "float64", vocabulary: 1024 });
    expect(model.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(model.parameters).toBeGreaterThan(1e6);
    expect((await engine.describe()).model).toEqual(model);
  });

  it("a second one is refused", async () => {
    await expect(engine.load({ source: MODEL, dtype: "float32" })).rejects.toMatchObject({
      fault: "refused",
    });
  });
});

describe("prepare, extend, tokenize", () => {
  it("prepares prompts in their order; the same prompt has the same handle and its picture is known", async () => {
    const [first, second] = await engine.prepare([drawnPrompt(1), drawnPrompt(2)]);
    if (first === undefined || second === undefined) throw new Error("prompts are missing");
    expect(first.handle).not.toBe(second.handle);
    expect(first).toMatchObject({ imageTokens: 16, featuresCached: false });
    expect(first.tokens).toBeGreaterThan(first.imageTokens);
    expect(await engine.prepare([drawnPrompt(2), drawnPrompt(1)])).toEqual([
      { ...second, featuresCached: true },
      { ...first, featuresCached: true },
    ]);
    const [another] = await engine.prepare([drawnPrompt(1, "Another question, the same picture.")]);
    expect(another).toMatchObject({ featuresCached: true });
    expect(another?.handle).not.toBe(first.handle);
    handles = [first.handle, second.handle];
  });

  it("keeps no picture of a one-off prompt", async () => {
    const once = { ...drawnPrompt(3), store: false };
    expect((await engine.prepare([once]))[0]).toMatchObject({ featuresCached: false });
    expect((await engine.prepare([drawnPrompt(3, "Again.")]))[0]).toMatchObject({ featuresCached: false });
  });

  it("keeps the order over more prompts than one message takes", async () => {
    const text = (i: number) => `Question ${i}?`;
    const prompt = (i: number) => ({ ...drawnPrompt(1), messages: drawnPrompt(1, text(i)).messages });
    const numbers = Array.from({ length: 70 }, (_, i) => i);
    const prepared = await engine.prepare(numbers.map(prompt));
    expect(new Set(prepared.map(({ handle }) => handle)).size).toBe(70);
    for (const i of [0, 63, 64, 69])
      expect(await engine.prepare([prompt(i)])).toEqual([{ ...prepared[i], featuresCached: true }]);
  });

  it("passes a picture far above gRPC's own limit of 4 MB", async () => {
    const large = { ...drawnPrompt(0), images: [drawnPicture(4, 3000)], store: false };
    expect((await engine.prepare([large]))[0]).toMatchObject({ imageTokens: 16 });
  });

  it("refuses pixels that do not fit their size, and names the prompt", async () => {
    const broken = { ...drawnPicture(1), width: 63 };
    const failure = engine.prepare([drawnPrompt(1), { ...drawnPrompt(1), images: [broken] }]);
    await expect(failure).rejects.toMatchObject({ fault: "refused" });
    await expect(failure).rejects.toThrow(/prompt 1.*63 x 64/);
  });

  it("tokenizes turns, their end included, and extends a prompt by tokens", async () => {
    const [first, second, empty] = await engine.tokenize(["Cardiomegaly.", "No finding.", ""]);
    if (first === undefined || second === undefined || empty === undefined)
      throw new Error("turns are missing");
    expect(first).not.toEqual(second);
    expect(first.at(-1)).toBe(second.at(-1));
    expect(empty).toEqual([first.at(-1)]);
    const [prompt] = await engine.prepare([drawnPrompt(1)]);
    const longer = await engine.extend(handles[0], first);
    expect(longer.tokens).toBe((prompt?.tokens ?? 0) + first.length);
    expect(longer.handle).not.toBe(handles[0]);
    await engine.free({ handle: longer.handle });
    await expect(engine.extend(longer.handle, first)).rejects.toMatchObject({ fault: "unknown" });
    turns = [first, second];
  });
});

describe("sample", () => {
  it("gives the same tokens for the same seed, whatever stands beside it", async () => {
    const [first, second] = await completionsOf(handles[0], 11n, 12n);
    expect(first).toMatchObject({ prompt: 0, completion: 0 });
    expect(second).toMatchObject({ prompt: 0, completion: 1 });
    expect(first?.tokens).not.toEqual(second?.tokens);
    expect(first?.logprobs).toHaveLength(first?.tokens.length ?? 0);
    expect(tokensOf(await completionsOf(handles[0], 12n, 11n))).toEqual([second?.tokens, first?.tokens]);
  });

  it("tells apart seeds that are one number as doubles, up to the largest of 64 bits", async () => {
    const seeds = [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n];
    const sampled = tokensOf(await completionsOf(handles[0], ...seeds));
    expect(new Set(sampled.map((tokens) => tokens.join())).size).toBe(seeds.length);
  });

  it("tells each completion as it ends and returns them in order", async () => {
    const heard: SampledCompletion[] = [];
    const request = {
      prompts: [
        { handle: handles[1], seeds: [1n, 2n] },
        { handle: handles[0], seeds: [11n] },
      ],
      adapter: "",
      temperature: 1,
      topP: 1,
      maxTokens: 12,
      maxRows: 2,
    };
    const rows = await engine.sample(request, (completion) => heard.push(completion));
    expect(rows.map((row) => row.map(({ prompt, completion }) => [prompt, completion]))).toEqual([
      [
        [0, 0],
        [0, 1],
      ],
      [[1, 0]],
    ]);
    expect(new Set(heard)).toEqual(new Set(rows.flat()));
    expect(tokensOf(rows[1] ?? [])).toEqual(tokensOf(await completionsOf(handles[0], 11n)));
  });

  it("says how a completion ended", async () => {
    const greedy = { prompts: [{ handle: handles[0], seeds: [0n] }], adapter: "", temperature: 0, topP: 1 };
    const [[cut] = []] = await engine.sample({ ...greedy, maxTokens: 2 });
    expect(cut).toMatchObject({ finish: "length" });
    expect(cut?.tokens).toHaveLength(2);
    const [[whole] = []] = await engine.sample({ ...greedy, maxTokens: 400 });
    expect(whole).toMatchObject({ finish: "stop" });
    expect(whole?.tokens.at(-1)).toBe(turns[0].at(-1));
    expect(whole?.tokens.slice(0, 2)).toEqual(cut?.tokens);
    expect(await engine.tokenize([whole?.text ?? ""])).toEqual([whole?.tokens]);
  });

  it("ends when its listener throws", async () => {
    // One after the other, so many would take the engine half an hour.
    const seeds = Array.from({ length: 20_000 }, (_, i) => BigInt(i));
    const request = { adapter: "", temperature: 1, topP: 1, maxTokens: 64, maxRows: 1 };
    const failure = engine.sample({ ...request, prompts: [{ handle: handles[0], seeds }] }, () => {
      throw new Error("heard enough");
    });
    await expect(failure).rejects.toThrow("heard enough");
    await expect.poll(async () => (await engine.describe()).busyVerb, { timeout: 60_000 }).toBe("");
  });

  it("refuses what makes no sense, and knows no handle but its own", async () => {
    const request = { adapter: "", temperature: 1, topP: 1, maxTokens: 1 };
    const known = [{ handle: handles[0], seeds: [1n] }];
    await expect(engine.sample({ ...request, prompts: known, topP: 0 })).rejects.toMatchObject({
      fault: "refused",
    });
    const strange = [{ handle: "nobody", seeds: [1n] }];
    await expect(engine.sample({ ...request, prompts: strange })).rejects.toMatchObject({ fault: "unknown" });
    await expect(engine.sample({ ...request, prompts: known, adapter: "nobody" })).rejects.toMatchObject({
      fault: "unknown",
    });
  });
});

describe.skipIf(process.platform !== "linux")("out of memory", () => {
  it("has its name and changes nothing", async () => {
    const before = await engine.describe();
    const failure = engine.newAdapter("giant", { lora: { ...LORA, rank: 2 ** 32 - 1 } }, true);
    await expect(failure).rejects.toMatchObject({ fault: "out-of-memory", exitCode: 1 });
    await expect(failure).rejects.toThrow("NewAdapter: out of memory, nothing was changed");
    expect((await engine.describe()).adapters).toEqual(before.adapters);
    expect(await engine.newAdapter("giant", { lora: LORA }, true)).toMatchObject({ step: 0 });
  });
});
