import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFile } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { AdamWSettings, Engine, ForwardGroup, SampledCompletion } from "./engine.ts";
import { connectEngine, type EngineConnection } from "./engine-client.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";
import { launchEngine } from "./launch-engine.ts";
import { ensurePython, PACKAGE_ROOT } from "./python-environment.ts";
import { remoteEngine } from "./remote-engine.ts";
import { drawnPicture, drawnPrompt } from "./testing/drawn-prompt.ts";
import { isRunning } from "./testing/is-running.ts";

// Every verb over the wire, on one engine with a real model; the tests go on from each other, in order. What the
// numbers are is held to transformers, PEFT and torch in engine/chexengine; here, that they arrive.

const MODEL = path.join(PACKAGE_ROOT, "models/phantom-gemma3");
const LORA = { rank: 4, alpha: 8, dropout: 0, seed: 5 };
const ADAMW: AdamWSettings = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clipNorm: 1,
};

const scratch = scratchFolder();
/** Where the policy is saved. */
const folder = path.join(scratch, "saved/policy");
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

const groups = (): ForwardGroup[] => [{ handle: handles[0], completions: turns }];
/** Raises every log-probability: dL/dlogprob = -1. */
const rising = () => [turns.map((turn) => turn.map(() => -1))];

async function meanLogprob(adapter: string): Promise<number> {
  const { groups: scored } = await engine.forward({ groups: groups(), adapter });
  const all = scored.flat().flatMap(({ logprob }) => logprob);
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

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

describe("adapters, forward, backward, step", () => {
  it("makes a trainable and a frozen adapter, which describe lists", async () => {
    const policy = await engine.newAdapter("policy", { lora: LORA }, true);
    expect(policy).toMatchObject({ name: "policy", trainable: true, step: 0 });
    expect(policy.parameters).toBeGreaterThan(1000);
    const twin = await engine.newAdapter("twin", { lora: LORA }, true);
    const reference = await engine.newAdapter("reference", { lora: LORA }, false);
    expect((await engine.describe()).adapters).toEqual([policy, twin, reference]);
    await expect(engine.step("reference", 1, ADAMW)).rejects.toMatchObject({ fault: "refused" });
  });

  it("scores every token of every completion", async () => {
    const second = { handle: handles[1], completions: [turns[1]] };
    const { groups: scored, ticket } = await engine.forward({ groups: [...groups(), second], adapter: "" });
    expect(ticket).toBe("");
    expect(scored.map((group) => group.map(({ logprob }) => logprob.length))).toEqual([
      [turns[0].length, turns[1].length],
      [turns[1].length],
    ]);
    for (const { logprob, entropy, argmax } of scored.flat()) {
      expect([entropy.length, argmax.length]).toEqual([logprob.length, logprob.length]);
      for (const value of logprob) expect(value).toBeLessThan(0);
      for (const value of entropy) expect(value).toBeGreaterThan(0);
      for (const value of argmax) expect(typeof value).toBe("boolean");
    }
  });

  it("takes gradients for a ticket or at once, to the same step", async () => {
    const before = await meanLogprob("policy");
    const { ticket } = await engine.forward({ groups: groups(), adapter: "policy", keepGraph: true });
    expect((await engine.describe()).openTickets).toBe(1);
    await engine.backward(ticket, rising());
    expect((await engine.describe()).openTickets).toBe(0);
    const known = await engine.forward({ groups: groups(), adapter: "twin", gradients: rising() });
    expect(known.ticket).toBe("");

    const step = await engine.step("policy", 1, ADAMW);
    expect(step).toMatchObject({ outcome: "applied", step: 1 });
    expect(step.gradientNorm).toBeGreaterThan(0);
    const twin = await engine.step("twin", 1, ADAMW);
    expect(Math.abs(twin.gradientNorm / step.gradientNorm - 1)).toBeLessThan(1e-6);
    // Asked again, as after a lost answer, it is not made again.
    expect(await engine.step("policy", 1, { ...ADAMW, learningRate: 1 })).toEqual(step);

    const after = await meanLogprob("policy");
    expect(after).toBeGreaterThan(before);
    expect(Math.abs((await meanLogprob("twin")) - after)).toBeLessThan(1e-6);
    expect(await meanLogprob("reference")).toBe(before);
    expect(await meanLogprob("")).toBe(before);
  });

  it("sends every AdamW setting", async () => {
    // One gradient again and again from the same start: each setting must lead elsewhere.
    await engine.saveState("policy", path.join(scratch, "start"), { optimizer: true });
    const scoreWith = async (settings: Partial<AdamWSettings>) => {
      await engine.loadState("policy", path.join(scratch, "start"), { optimizer: true });
      await engine.forward({ groups: groups(), adapter: "policy", gradients: rising() });
      await engine.step("policy", 2, { ...ADAMW, ...settings });
      return meanLogprob("policy");
    };
    const usual = await scoreWith({});
    expect(await scoreWith({})).toBe(usual);
    const changed: Partial<AdamWSettings>[] = [
      { learningRate: 0.02 },
      { beta1: 0.5 },
      { beta2: 0.9 },
      { epsilon: 0.01 },
      { weightDecay: 0.5 },
      { clipNorm: 0 },
    ];
    const results = [];
    for (const settings of changed) results.push(await scoreWith(settings));
    expect(new Set([usual, ...results]).size).toBe(changed.length + 1);
  });

  it("divides by the temperature, and knows dropout by seed 0 from none", async () => {
    const score = (options: object) =>
      engine.forward({ groups: groups(), adapter: "dropping", ...options }).then((answer) => answer.groups);
    await engine.newAdapter("dropping", { lora: { ...LORA, dropout: 0.5 } }, true);
    await engine.forward({ groups: groups(), adapter: "dropping", gradients: rising() });
    await engine.step("dropping", 1, ADAMW);
    const plain = await score({});
    expect(await score({ temperature: 1 })).toEqual(plain);
    expect(await score({ temperature: 2 })).not.toEqual(plain);
    const dropped = await score({ dropoutSeed: 0n });
    expect(dropped).not.toEqual(plain);
    expect(await score({ dropoutSeed: 0n })).toEqual(dropped);
    expect(await score({ dropoutSeed: 2n ** 64n - 1n })).not.toEqual(dropped);
    await engine.free({ adapter: "dropping" });
    await expect(score({})).rejects.toMatchObject({ fault: "unknown" });
  });

  it("skips a gradient that is not finite, and says so; zeroGrad drops one", async () => {
    const before = await meanLogprob("twin");
    const gradients = [turns.map((turn) => turn.map(() => Number.POSITIVE_INFINITY))];
    await engine.forward({ groups: groups(), adapter: "twin", gradients });
    expect(await engine.step("twin", 2, ADAMW)).toMatchObject({ outcome: "skipped-non-finite", step: 2 });
    await engine.forward({ groups: groups(), adapter: "twin", gradients });
    await engine.zeroGrad("twin");
    expect(await engine.step("twin", 3, ADAMW)).toMatchObject({ outcome: "applied", gradientNorm: 0 });
    expect(await meanLogprob("twin")).toBe(before);
  });

  it("refuses used tickets, older weights, gaps and gradients of another shape; knows no stranger's ticket", async () => {
    const ticketOf = async () =>
      (await engine.forward({ groups: groups(), adapter: "twin", keepGraph: true })).ticket;
    const used = await ticketOf();
    await expect(engine.backward(used, [[[1]]])).rejects.toThrow("gradients for tokens");
    await engine.backward(used, rising());
    const refusal = { fault: "refused", exitCode: 1 };
    await expect(engine.backward(used, rising())).rejects.toMatchObject(refusal);
    const older = await ticketOf();
    await engine.step("twin", 4, ADAMW);
    await expect(engine.backward(older, rising())).rejects.toMatchObject(refusal);
    const freed = await ticketOf();
    await engine.free({ ticket: freed });
    await expect(engine.backward(freed, rising())).rejects.toMatchObject(refusal);
    await expect(engine.step("twin", 9, ADAMW)).rejects.toThrow("the next is 5");
    await expect(engine.backward("ticket-of-another-engine-1", rising())).rejects.toMatchObject({
      fault: "unknown",
    });
  });
});

describe("states", () => {
  it("saves an adapter with its optimizer and goes on from it", async () => {
    await engine.forward({ groups: groups(), adapter: "policy", gradients: rising() });
    const { step } = await engine.step("policy", 3, ADAMW);
    const saved = await meanLogprob("policy");
    const { weightsHash } = await engine.saveState("policy", folder, { optimizer: true });
    expect(await hashFile(path.join(folder, "adapter_model.safetensors"))).toBe(weightsHash);

    await engine.forward({ groups: groups(), adapter: "policy", gradients: rising() });
    await engine.step("policy", step + 1, ADAMW);
    const next = await meanLogprob("policy");
    expect(next).not.toBe(saved);

    expect(await engine.loadState("policy", folder, { optimizer: true })).toMatchObject({
      name: "policy",
      step,
    });
    expect(await meanLogprob("policy")).toBe(saved);
    await engine.forward({ groups: groups(), adapter: "policy", gradients: rising() });
    await engine.step("policy", step + 1, ADAMW);
    expect(await meanLogprob("policy")).toBe(next);

    expect(await engine.loadState("policy", folder, { optimizer: false })).toMatchObject({ step: 0 });
    expect(await meanLogprob("policy")).toBe(saved);
  });

  it("makes an adapter from a saved one", async () => {
    const copy = await engine.newAdapter("copy", { folder }, false);
    expect(copy).toMatchObject({ name: "copy", trainable: false });
    expect(await meanLogprob("copy")).toBe(await meanLogprob("policy"));
  });

  it("names a folder that is not there unknown, one that cannot be made failed", async () => {
    await expect(
      engine.loadState("policy", path.join(scratch, "no"), { optimizer: false }),
    ).rejects.toMatchObject({
      fault: "unknown",
    });
    const file = path.join(scratch, "a-file");
    writeFileSync(file, "");
    const failure = engine.saveState("policy", path.join(file, "state"), { optimizer: false });
    await expect(failure).rejects.toMatchObject({ fault: "failed", exitCode: 1 });
  });
});

describe("a plain load", () => {
  it("gives the numbers that shared prompts give, and closing ends it", async () => {
    const plain = await launchEngine();
    try {
      expect(plain.pid).not.toBe(process_.pid);
      await plain.engine.load({ source: MODEL, dtype: "float64", threads: 1, plain: true });
      await plain.engine.newAdapter("policy", { folder }, true);
      const [prepared] = await plain.engine.prepare([drawnPrompt(1)]);
      expect(prepared?.handle).toBe(handles[0]);
      const request = { groups: groups(), adapter: "policy", gradients: rising() };
      const shared = await engine.forward(request);
      const apart = await plain.engine.forward(request);
      expect(shared.groups.flat().length).toBe(turns.length);
      for (const [c, scores] of shared.groups.flat().entries()) {
        const other = apart.groups.flat()[c];
        expect(other?.argmax).toEqual(scores.argmax);
        for (const [t, value] of scores.logprob.entries())
          expect(Math.abs((other?.logprob[t] ?? Number.NaN) - value)).toBeLessThan(1e-6);
      }
      const { gradientNorm } = await engine.step("policy", 1, ADAMW);
      const apartStep = await plain.engine.step("policy", 1, ADAMW);
      expect(Math.abs(apartStep.gradientNorm / gradientNorm - 1)).toBeLessThan(1e-6);
    } finally {
      await plain.close();
    }
    expect(isRunning(plain.pid)).toBe(false);
    await expect(plain.engine.describe()).rejects.toMatchObject({ fault: "dead" });
  });
});

describe.skipIf(process.platform !== "linux")("out of memory", () => {
  it("has its name and changes nothing", async () => {
    const before = await engine.describe();
    const failure = engine.newAdapter("giant", { lora: { ...LORA, rank: 2 ** 32 - 1 } }, true);
    await expect(failure).rejects.toMatchObject({ fault: "out-of-memory", exitCode: 1 });
    await expect(failure).rejects.toThrow("NewAdapter: out of memory, nothing was changed");
    expect((await engine.describe()).adapters).toEqual(before.adapters);
    await engine.newAdapter("giant", { lora: LORA }, true);
    expect(await meanLogprob("giant")).toBe(await meanLogprob(""));
  });
});
