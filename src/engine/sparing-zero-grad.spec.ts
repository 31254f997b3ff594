import { beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import type { Engine } from "./engine.ts";
import { sparingZeroGrad } from "./sparing-zero-grad.ts";
import { fakeRank } from "./testing/fake-rank.ts";

const ADAMW = { learningRate: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 0 };
const LORA = { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } };
const GROUPS = [{ handle: "a", completions: [[1]] }];

describe("sparingZeroGrad", () => {
  let engine: Engine;
  let sent: Mock<Engine["zeroGrad"]>;
  beforeEach(() => {
    const rank = fakeRank(0);
    rank.held.add("a");
    sent = vi.fn(rank.engine.zeroGrad);
    engine = sparingZeroGrad({ ...rank.engine, zeroGrad: sent });
  });
  const isSent = async (): Promise<boolean> => {
    sent.mockClear();
    await engine.zeroGrad("policy");
    return sent.mock.calls.length > 0;
  };

  it("is sent where nothing is known of the adapter, and once", async () => {
    expect(await isSent()).toBe(true);
    expect(await isSent()).toBe(false);
  });

  it("is spared where Step, LoadState or NewAdapter have left nothing", async () => {
    await engine.newAdapter("policy", LORA, true);
    expect(await isSent()).toBe(false);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "policy" });
    await engine.step("policy", 1, ADAMW);
    expect(await isSent()).toBe(false);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "policy" });
    await engine.loadState("policy", "folder", { optimizer: true });
    expect(await isSent()).toBe(false);
  });

  it("is sent after a gradient, which ever way it came", async () => {
    await engine.newAdapter("policy", LORA, true);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "policy" });
    expect(await isSent()).toBe(true);
    const { ticket } = await engine.forward({ groups: GROUPS, adapter: "policy", keepGraph: true });
    expect(await isSent()).toBe(false); // no gradient yet
    await engine.backward(ticket, [[[1]]]);
    expect(await isSent()).toBe(true);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "another" });
    expect(await isSent()).toBe(false);
    await engine.free({ adapter: "policy" });
    expect(await isSent()).toBe(true);
  });

  it("is sent where a gradient was added while a Step was on its way", async () => {
    await engine.newAdapter("policy", LORA, true);
    const stepping = engine.step("policy", 1, ADAMW);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "policy" });
    await stepping;
    expect(await isSent()).toBe(true);
  });

  it("is sent after a Step that was answered from memory", async () => {
    await engine.newAdapter("policy", LORA, true);
    await engine.step("policy", 1, ADAMW);
    await engine.forward({ groups: GROUPS, gradients: [[[1]]], adapter: "policy" });
    await engine.step("policy", 1, ADAMW);
    expect(await isSent()).toBe(true);
  });

  it("is sent for a frozen adapter, which the engine refuses", async () => {
    await engine.newAdapter("policy", LORA, false);
    expect(await isSent()).toBe(true);
  });

  it("is sent where a Step has failed", async () => {
    const inner = fakeRank(0).engine;
    const step = vi.fn<Engine["step"]>().mockRejectedValue(new Error("lost"));
    const failing = sparingZeroGrad({ ...inner, zeroGrad: sent, step });
    await failing.newAdapter("policy", LORA, true);
    await expect(failing.step("policy", 1, ADAMW)).rejects.toThrow("lost");
    sent.mockClear();
    await failing.zeroGrad("policy");
    expect(sent).toHaveBeenCalledOnce();
  });
});
