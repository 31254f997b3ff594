import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFile } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { AdamWSettings, Engine, ForwardGroup } from "./engine.ts";
import { type LaunchedEngine, launchEngine } from "./launch-engine.ts";
import { PACKAGE_ROOT } from "./python-environment.ts";
import { drawnPrompt } from "./testing/drawn-prompt.ts";
import { isRunning } from "./testing/is-running.ts";

// The verbs that train, over the wire, on one engine with a real model; the tests go on from each other, in order.
// remote-engine.engine.spec.ts has the others.

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
let launched: LaunchedEngine;
let engine: Engine;
/** Handles of two prompts, and two completions of the first. */
let handles: [string, string];
let turns: [number[], number[]];

beforeAll(async () => {
  launched = await launchEngine();
  engine = launched.engine;
  await engine.load({ source: MODEL, dtype: "float64", threads: 1 });
  const [first, second] = await engine.prepare([drawnPrompt(1), drawnPrompt(2)]);
  const [long, short] = await engine.tokenize(["Cardiomegaly, and a pleural effusion.", "No finding."]);
  if (!first || !second || !long || !short) throw new Error("prompts or turns are missing");
  handles = [first.handle, second.handle];
  turns = [long, short];
});

afterAll(() => launched?.close());

const groups = (): ForwardGroup[] => [{ handle: handles[0], completions: turns }];
/** Raises every log-probability: dL/dlogprob = -1. */
const rising = () => [turns.map((turn) => turn.map(() => -1))];

async function meanLogprob(adapter: string): Promise<number> {
  const { groups: scored } = await engine.forward({ groups: groups(), adapter });
  const all = scored.flat().flatMap(({ logprob }) => logprob);
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

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

  it("adds up what each verb and its parts took", async () => {
    await engine.forward({ groups: groups(), gradients: rising(), adapter: "policy" });
    await engine.zeroGrad("policy");
    const { seconds } = await engine.describe();
    const names = ["Forward", "Forward.backward", "Load", "NewAdapter", "Prepare", "Tokenize", "ZeroGrad"];
    expect(Object.keys(seconds).filter((name) => names.includes(name))).toHaveLength(names.length);
    expect(seconds["Forward.backward"]).toBeGreaterThan(0);
    expect(seconds.Forward).toBeGreaterThan(seconds["Forward.backward"] ?? Number.NaN);
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
      expect(plain.pid).not.toBe(launched.pid);
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
