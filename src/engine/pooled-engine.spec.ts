import { beforeEach, describe, expect, it } from "vitest";
import type { Engine, PreparedPrompt } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { pooledEngine } from "./pooled-engine.ts";
import { type FakeRank, fakeRank } from "./testing/fake-rank.ts";

// Ranks that write down what they are asked. Real ones: src/training/ranks.engine.spec.ts.

const ADAMW = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, clipNorm: 0 };
const SAMPLING = { adapter: "policy", temperature: 1, topP: 1, maxTokens: 9 };

let zero: FakeRank;
let one: FakeRank;
let engine: Engine;
beforeEach(() => {
  zero = fakeRank(0);
  one = fakeRank(1);
  engine = pooledEngine([zero, one]);
});

const input = (text: string) => ({ messages: [{ role: "user" as const, parts: [{ text }] }], images: [] });
const prepare = async (...texts: string[]): Promise<string[]> =>
  (await engine.prepare(texts.map(input))).map(({ handle }: PreparedPrompt) => handle);
const count = (rank: FakeRank, verb: string): number => rank.verbs.filter((asked) => asked === verb).length;

describe("prompts", () => {
  it("are prepared on one rank each, and come back in order", async () => {
    const handles = await prepare("a", "b", "c");
    expect(handles.map((handle) => JSON.parse(handle)[0].parts[0].text)).toEqual(["a", "b", "c"]);
    expect([...zero.held]).toEqual([handles[0], handles[2]]);
    expect([...one.held]).toEqual([handles[1]]);
  });

  it("move to the rank that computes with them, once", async () => {
    const [a = "", b = ""] = await prepare("a", "b");
    const request = {
      groups: [
        { handle: b, completions: [[1]] },
        { handle: a, completions: [[2]] },
        { handle: b, completions: [[3]] },
      ],
      adapter: "",
    };
    const first = await engine.forward(request);
    expect(first.groups.flat().map(({ logprob }) => logprob[0])).toEqual([-1, -2, -3]);
    expect([count(zero, "importPrompt"), count(one, "importPrompt")]).toEqual([1, 1]);
    expect(await engine.forward(request)).toEqual(first);
    expect([count(zero, "exportPrompt"), count(one, "exportPrompt")]).toEqual([1, 1]);
  });

  it("go on where they are, and are freed wherever they are", async () => {
    const [, b = ""] = await prepare("a", "b");
    const { handle } = await engine.extend(b, [7]);
    expect(one.held.has(handle)).toBe(true);
    await engine.forward({ groups: [{ handle, completions: [[1]] }], adapter: "" });
    expect(zero.held.has(handle)).toBe(true);
    await engine.free({ handle });
    expect(zero.held.has(handle) || one.held.has(handle)).toBe(false);
    await expect(engine.free({ handle })).rejects.toMatchObject({ fault: "unknown" });
    await expect(engine.extend("nobody's", [1])).rejects.toMatchObject({ fault: "unknown" });
    await expect(
      engine.forward({ groups: [{ handle, completions: [[1]] }], adapter: "" }),
    ).rejects.toMatchObject({ fault: "unknown" });
  });
});

describe("sample", () => {
  it("deals the prompts out and names them by their place in the request", async () => {
    const handles = await prepare("a", "b", "c");
    const heard: string[] = [];
    const prompts = handles.map((handle, index) => ({ handle, seeds: [BigInt(index), 10n] }));
    const rows = await engine.sample({ prompts, ...SAMPLING, maxRows: 3 }, ({ prompt, completion, text }) =>
      heard.push(`${prompt} ${completion} ${text}`),
    );
    expect(rows.map((row) => row.map(({ prompt, completion, text }) => [prompt, completion, text]))).toEqual(
      handles.map((handle, index) => [
        [index, 0, `${handle} ${index}`],
        [index, 1, `${handle} 10`],
      ]),
    );
    expect(heard.sort()).toEqual(
      rows.flat().map(({ prompt, completion, text }) => `${prompt} ${completion} ${text}`),
    );
    expect(zero.samples[0]).toMatchObject({ ...SAMPLING, maxRows: 3 });
    expect(one.samples[0]?.prompts).toEqual([prompts[1]]);
  });
});

describe("forward and backward", () => {
  const groups = async () => {
    const [a = "", b = "", c = ""] = await prepare("a", "b", "c");
    return [
      { handle: a, completions: [[1, 2], [3]] },
      { handle: b, completions: [[4]] },
      { handle: c, completions: [[5, 6, 7]] },
    ];
  };
  const gradients = [[[0.1, 0.2], [0.3]], [[0.4]], [[0.5, 0.6, 0.7]]];

  it("gives each rank its own tickets' gradients", async () => {
    const { ticket } = await engine.forward({ groups: await groups(), adapter: "policy", keepGraph: true });
    await engine.backward(ticket, gradients);
    expect(zero.backwards).toEqual([{ ticket: "ticket-0-1", gradients: [gradients[0], gradients[2]] }]);
    expect(one.backwards).toEqual([{ ticket: "ticket-1-1", gradients: [gradients[1]] }]);
  });

  it("leaves out a rank that had nothing to compute", async () => {
    const [alone] = await groups();
    if (alone === undefined) throw new Error("no group");
    const { ticket } = await engine.forward({ groups: [alone], adapter: "policy", keepGraph: true });
    await engine.backward(ticket, gradients.slice(0, 1));
    await engine.free({ ticket });
    expect([count(one, "forward"), count(one, "backward"), count(one, "free")]).toEqual([0, 0, 0]);
    expect(zero.verbs.at(-1)).toBe("freed ticket-0-1");
  });

  it("asks no rank for gradients of another shape, nor with a ticket it cannot read", async () => {
    const { ticket } = await engine.forward({ groups: await groups(), adapter: "policy", keepGraph: true });
    for (const wrong of [gradients.slice(0, 2), [...gradients, [[1]]], [gradients[0] ?? [], [[1, 1]], [[1]]]])
      await expect(engine.backward(ticket, wrong)).rejects.toMatchObject({ fault: "refused" });
    for (const strange of ["ticket-0-1", "ranks:{", "ranks:{}", ""])
      await expect(engine.backward(strange, gradients)).rejects.toMatchObject({ fault: "unknown" });
    expect([count(zero, "backward"), count(one, "backward")]).toEqual([0, 0]);
  });

  it("passes known gradients on with their groups, and gives no ticket", async () => {
    const request = { groups: await groups(), adapter: "policy", gradients };
    expect((await engine.forward(request)).ticket).toBe("");
    expect(zero.forwards[0]?.gradients).toEqual([gradients[0], gradients[2]]);
    expect(one.forwards[0]?.gradients).toEqual([gradients[1]]);
    await expect(engine.forward({ ...request, gradients: [...gradients, [[1]]] })).rejects.toMatchObject({
      fault: "refused",
    });
  });

  it("draws other dropout masks on each rank, and none where none is asked", async () => {
    const request = { groups: await groups(), adapter: "policy" };
    await engine.forward(request);
    await engine.forward({ ...request, dropoutSeed: 5n });
    await engine.forward({ ...request, dropoutSeed: 5n });
    expect(zero.forwards.map(({ dropoutSeed }) => dropoutSeed)).toEqual([undefined, 5n, 5n]);
    const [none, first, again] = one.forwards.map(({ dropoutSeed }) => dropoutSeed);
    expect(none).toBeUndefined();
    expect(first).not.toBe(5n);
    expect(again).toBe(first);
  });
});

describe("what all ranks do", () => {
  it("makes, loads, frees and steps on all, saves on the first", async () => {
    await engine.load({ source: "x", dtype: "float32" });
    await engine.newAdapter("policy", { folder: "x" }, true);
    await engine.zeroGrad("policy");
    await engine.loadState("policy", "x", { optimizer: true });
    expect(await engine.step("policy", 3, ADAMW)).toEqual({ gradientNorm: 1, outcome: "applied", step: 3 });
    await engine.free({ adapter: "policy" });
    const all = ["load", "newAdapter", "zeroGrad", "loadState", "step", "free"];
    expect([zero.verbs, one.verbs]).toEqual([all, all]);
    expect(await engine.saveState("policy", "x", { optimizer: true })).toEqual({ weightsHash: "0" });
    expect(await engine.tokenize(["abc"])).toEqual([[3]]);
    expect(one.verbs).toEqual(all);
  });

  it("takes no Step that the ranks tell differently", async () => {
    one.gradientNorm = 1 + Number.EPSILON;
    await expect(engine.step("policy", 1, ADAMW)).rejects.toThrow("ranks 0 and 1 made different Steps");
  });

  it("describes the pool", async () => {
    expect(await engine.describe()).toMatchObject({
      device: "2 ranks: cpu",
      busyVerb: "Sample",
      openTickets: 3,
      peakMemoryBytes: 100,
      seconds: { Forward: 1, "only-0": 1, "only-1": 1 },
      ranks: 2,
    });
  });
});

describe("a rank that fails", () => {
  const outOfMemory = new EngineError("out-of-memory", "engine: Backward: out of memory");

  const step = () => engine.step("policy", 1, ADAMW);
  const forwardBoth = async (gradients?: number[][][]) => {
    const handles = await prepare("a", "b");
    const groups = handles.map((handle) => ({ handle, completions: [[1]] }));
    const request = { groups, adapter: "policy", temperature: 0.8 };
    return engine.forward(
      gradients === undefined ? { ...request, keepGraph: true } : { ...request, gradients },
    );
  };

  it("is named, and what the others added is not stepped on before zeroGrad", async () => {
    const { ticket } = await forwardBoth();
    one.fail("backward", new EngineError("failed", "engine: Backward: a bug"));
    await expect(engine.backward(ticket, [[[1]], [[1]]])).rejects.toMatchObject({
      fault: "failed",
      message: "rank 1: engine: Backward: a bug",
    });
    await expect(step()).rejects.toMatchObject({ fault: "refused" });
    expect(count(zero, "step")).toBe(0);
    await engine.step("other", 1, ADAMW);
    await engine.zeroGrad("policy");
    await step();
  });

  it("for want of memory: the others take back what they added, and it can be tried in smaller parts", async () => {
    const { ticket } = await forwardBoth();
    one.fail("backward", outOfMemory);
    const failure = { fault: "out-of-memory", message: "rank 1: engine: Backward: out of memory" };
    await expect(engine.backward(ticket, [[[2]], [[3]]])).rejects.toMatchObject(failure);
    one.fail("forward", outOfMemory);
    await expect(forwardBoth([[[4]], [[5]]])).rejects.toMatchObject(failure);
    expect(zero.backwards.map(({ gradients }) => gradients)).toEqual([[[[2]]]]);
    expect(zero.forwards.map(({ gradients, temperature }) => [gradients, temperature])).toEqual([
      [undefined, 0.8],
      [[[[-2]]], 0.8],
      [[[[4]]], 0.8],
      [[[[-4]]], 0.8],
    ]);
    expect(one.forwards.map(({ gradients }) => gradients)).toEqual([undefined]);
    await step();
  });

  it("and others that cannot take theirs back: no Step before zeroGrad", async () => {
    const { ticket } = await forwardBoth();
    one.fail("backward", outOfMemory);
    zero.fail("forward", outOfMemory);
    await expect(engine.backward(ticket, [[[2]], [[3]]])).rejects.toMatchObject({ fault: "out-of-memory" });
    await expect(step()).rejects.toMatchObject({ fault: "refused" });
  });

  it("does not tear what no rank has added to", async () => {
    const [handle = ""] = await prepare("a");
    zero.fail("forward", outOfMemory);
    const request = { groups: [{ handle, completions: [[1]] }], adapter: "policy", gradients: [[[1]]] };
    await expect(engine.forward(request)).rejects.toMatchObject({ fault: "out-of-memory" });
    await step();
  });

  it("is not named where all fail alike", async () => {
    for (const rank of [zero, one])
      rank.fail("newAdapter", new EngineError("refused", "engine: it exists already"));
    await expect(engine.newAdapter("policy", { folder: "x" }, true)).rejects.toThrow(
      /^engine: it exists already$/,
    );
  });
});

describe("a rank that is lost", () => {
  const death = new EngineError("dead", "rank 1 of 2 (process 7) ended with SIGKILL");

  it("ends verbs of the others too, then and later", async () => {
    zero.engine.tokenize = () => new Promise(() => {});
    const waiting = engine.tokenize(["of rank 0 alone"]);
    one.lose(death);
    await expect(waiting).rejects.toBe(death);
    await expect(engine.describe()).rejects.toBe(death);
  });

  it("explains the other ranks' failures", async () => {
    zero.fail("step", new EngineError("failed", "engine: Step: a rank was lost"));
    one.engine.step = () => new Promise(() => {});
    const stepping = engine.step("policy", 1, ADAMW);
    setTimeout(() => one.lose(death), 20);
    await expect(stepping).rejects.toBe(death);
    const third = fakeRank(2);
    const others = pooledEngine([zero, third]);
    zero.fail("step", new EngineError("failed", "engine: Step: a rank was lost"));
    setTimeout(() => third.lose(death), 20);
    await expect(others.step("policy", 1, ADAMW)).rejects.toBe(death);
  });
});
