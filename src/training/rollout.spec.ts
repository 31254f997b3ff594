import { describe, expect, it } from "vitest";
import type { Engine, SampleRequest } from "../engine/engine.ts";
import { checkScores, type GrpoExample, referenceLogprobs, sampleRollout, toRewarded } from "./rollout.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";

const EXAMPLES: GrpoExample[] = [
  { id: "a", patient: "1", handle: "h-a", promptTokens: 10, truth: ["Edema"] },
  { id: "b", patient: "2", handle: "h-b", promptTokens: 10, truth: ["Fracture"] },
  { id: "c", patient: "3", handle: "h-c", promptTokens: 10, truth: ["Pneumonia"] },
];
const SETTINGS = { groupSize: 2, temperature: 0.8, topP: 0.95, maxTokens: 5, answer: "reasoned" } as const;

async function policy(): Promise<Engine> {
  const engine = scalarEngine();
  await engine.newAdapter("policy", { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } }, true);
  return engine;
}

describe("sampleRollout", () => {
  it("asks for G completions an image, each with a seed of its own and of this rollout", async () => {
    const engine = await policy();
    const requests: SampleRequest[] = [];
    const listening: Engine = {
      ...engine,
      sample: (request) => {
        requests.push(request);
        return engine.sample(request);
      },
    };
    for (const [seed, rollout] of [
      [7, 1],
      [7, 2],
      [8, 1],
      [7, 1],
    ] as const)
      await sampleRollout(listening, "policy", EXAMPLES, SETTINGS, seed, rollout);
    const seeds = requests.map(({ prompts }) => prompts.flatMap((prompt) => prompt.seeds));
    expect(seeds.map((list) => list.length)).toEqual([6, 6, 6, 6]);
    expect(new Set(seeds.slice(0, 3).flat()).size).toBe(18);
    expect(seeds[3]).toEqual(seeds[0]);
    expect(requests[0]).toMatchObject({ adapter: "policy", temperature: 0.8, topP: 0.95, maxTokens: 5 });
    expect(requests[0]?.prompts.map(({ handle }) => handle)).toEqual(["h-a", "h-b", "h-c"]);
  });

  it("reads completions strictly", async () => {
    const read = await sampleRollout(
      {
        ...(await policy()),
        sample: async () => [
          [
            {
              prompt: 0,
              completion: 0,
              tokens: [1],
              text: "So: <think>x</think><solution>Edema</solution>",
              finish: "stop",
              logprobs: [],
            },
          ],
        ],
      },
      "policy",
      EXAMPLES.slice(0, 1),
      SETTINGS,
      7,
      1,
    );
    expect(read[0]?.[0]?.parsed).toMatchObject({ outcome: "failed", reason: "text outside blocks" });
  });
});

describe("toRewarded", () => {
  it("lists completions by prompt, then by completion, each with its own image's truth", async () => {
    const read = await sampleRollout(await policy(), "policy", EXAMPLES, SETTINGS, 7, 1);
    const rewarded = toRewarded(EXAMPLES, read);
    expect(rewarded.map(({ id, prompt, completion }) => [id, prompt, completion])).toEqual([
      ["a", 0, 0],
      ["a", 0, 1],
      ["b", 1, 0],
      ["b", 1, 1],
      ["c", 2, 0],
      ["c", 2, 1],
    ]);
    expect(rewarded[2]?.truth).toEqual(["Fracture"]);
    expect(rewarded.map(({ tokens }) => tokens)).toEqual(
      read.flat().map(({ sampled }) => sampled.tokens.length),
    );
  });
});

describe("checkScores", () => {
  const asked = [0, 1].map((completion) => ({
    id: "a",
    prompt: 0,
    completion,
    text: "",
    tokens: 1,
    finish: "stop" as const,
    truth: ["Edema" as const],
  }));
  const score = (total: number) => ({ total, components: {} });

  it("takes one finite total a completion", () => {
    expect(() => checkScores(asked, [score(0), score(-100)])).not.toThrow();
  });

  it("refuses too few, too many, and what is no finite number", () => {
    expect(() => checkScores(asked, [score(0)])).toThrow("1 scores for 2 completions");
    expect(() => checkScores(asked, [score(0), score(0), score(0)])).toThrow("3 scores for 2 completions");
    expect(() => checkScores(asked, [score(0), score(Number.NaN)])).toThrow("NaN for completion 1 of a");
    expect(() => checkScores(asked, [score(Number.POSITIVE_INFINITY), score(0)])).toThrow("Infinity");
  });
});

describe("referenceLogprobs", () => {
  it("gives the same, group by group, whatever the micro-batch", async () => {
    const engine = await policy();
    const groups = [
      { handle: "h-a", promptTokens: 10, tokens: [[1, 2], [3]] },
      { handle: "h-b", promptTokens: 10, tokens: [[4], [5, 6, 7]] },
      { handle: "h-c", promptTokens: 10, tokens: [[8], [9]] },
    ];
    const whole = await referenceLogprobs(engine, "policy", groups, 0.8, { limit: 3, halvings: 0 });
    expect(whole.map((group) => group.map((completion) => completion.length))).toEqual([
      [2, 1],
      [1, 3],
      [1, 1],
    ]);
    // -(0.5 - 0.4)^2 / (2 x 0.8) - 1
    expect(whole[1]?.[0]?.[0]).toBeCloseTo(-1.00625, 12);
    for (const micro of [1, 2])
      expect(await referenceLogprobs(engine, "policy", groups, 0.8, { limit: micro, halvings: 0 })).toEqual(
        whole,
      );
  });
});
