import { describe, expect, it } from "vitest";
import type { AdamWSettings, Engine, ForwardRequest, TokenGradients } from "../engine/engine.ts";
import { grpoUpdate, type OldLogprobs, type RolloutGroup, type UpdateSettings } from "./grpo-update.ts";
import { grpoObjective } from "./objectives/grpo.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";

const ADAMW: AdamWSettings = {
  learningRate: 150,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clipNorm: 0,
};
const SETTINGS: UpdateSettings = {
  objective: { clipLow: 0.15, clipHigh: 0.22, beta: 0.15 },
  normalisation: "constant",
  completions: 6,
  maxTokens: 8,
  temperature: 0.8,
  batching: { limit: 1, halvings: 0 },
};
/** Three images of two completions; reference log-probabilities of their own, so that there is a KL. */
const GROUPS: RolloutGroup[] = [
  { handle: "a", promptTokens: 10, tokens: [[1, 2], [3]], advantages: [0.5, -0.5] },
  { handle: "b", promptTokens: 10, tokens: [[4], [5, 6, 7]], advantages: [-0.25, 0.25] },
  { handle: "c", promptTokens: 10, tokens: [[8, 9, 0, 1], [2]], advantages: [0, 0] },
].map((group) => ({
  ...group,
  referenceLogprobs: group.tokens.map((tokens) => tokens.map((token) => -1 - token / 20)),
}));

interface Heard {
  readonly engine: Engine;
  readonly forwards: ForwardRequest[];
  readonly gradients: TokenGradients[];
}

/** The one-weight engine, and what it was asked. */
async function policy(): Promise<Heard> {
  const engine = scalarEngine();
  await engine.newAdapter("policy", { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } }, true);
  const forwards: ForwardRequest[] = [];
  const gradients: TokenGradients[] = [];
  return {
    forwards,
    gradients,
    engine: {
      ...engine,
      forward: (request) => {
        forwards.push(request);
        return engine.forward(request);
      },
      backward: (ticket, given) => {
        gradients.push(given);
        return engine.backward(ticket, given);
      },
    },
  };
}

const update = (
  engine: Engine,
  old: OldLogprobs | null,
  step: number,
  settings: Partial<UpdateSettings> = {},
) => grpoUpdate(engine, "policy", GROUPS, old, step, ADAMW, { ...SETTINGS, ...settings });

describe("grpoUpdate", () => {
  it("has a ratio of exactly 1 and clips nothing in a batch's first update", async () => {
    const { engine } = await policy();
    const { diagnostics } = await update(engine, null, 1);
    expect(diagnostics.ratio).toBe(1);
    expect(diagnostics.clipFraction).toBe(0);
  });

  it("holds later updates to the first one's log-probabilities, in order", async () => {
    const { engine } = await policy();
    const before = await engine.forward({
      groups: GROUPS.map(({ handle, tokens }) => ({ handle, completions: tokens })),
      adapter: "policy",
      temperature: SETTINGS.temperature,
    });
    const first = await update(engine, null, 1, { batching: { limit: 2, halvings: 0 } });
    expect(first.old).toEqual(before.groups.map((group) => group.map(({ logprob }) => logprob)));
    const second = await update(engine, first.old, 2, { batching: { limit: 2, halvings: 0 } });
    expect(second.old).toEqual(first.old);
    expect(second.diagnostics.ratio).not.toBe(1);
    expect(second.diagnostics.clipFraction).toBeGreaterThan(0);
  });

  it.each(["constant", "batch-tokens", "sequence-mean"] as const)(
    "gives micro-batches the gradient of the whole batch (%s)",
    async (normalisation) => {
      const results = await Promise.all(
        [1, 2, 3].map(async (microBatch) => {
          const { engine, gradients, forwards } = await policy();
          const first = await update(engine, null, 1, {
            normalisation,
            batching: { limit: microBatch, halvings: 0 },
          });
          const second = await update(engine, first.old, 2, {
            normalisation,
            batching: { limit: microBatch, halvings: 0 },
          });
          expect(forwards).toHaveLength(2 * Math.ceil(3 / microBatch));
          return { gradients: gradients.flat(), diagnostics: second.diagnostics };
        }),
      );
      for (const { gradients, diagnostics } of results) {
        expect(gradients).toEqual(results[0]?.gradients);
        expect(diagnostics.loss).toBeCloseTo(results[0]?.diagnostics.loss ?? Number.NaN, 12);
        expect(diagnostics.kl).toBeCloseTo(results[0]?.diagnostics.kl ?? Number.NaN, 12);
      }
    },
  );

  it("takes groups by tokens in another order to the same gradient, each group by its own old log-probabilities", async () => {
    const whole = await policy();
    const packed = await policy();
    const batching = { limit: { tokens: 30 }, halvings: 0 };
    const settings = { normalisation: "constant", batching } as const;
    const plain = await update(whole.engine, null, 1);
    const first = await update(packed.engine, null, 1, settings);
    // c and b are the longest, and fill a Forward together; a comes last.
    expect(packed.forwards.map(({ groups }) => groups.map(({ handle }) => handle))).toEqual([
      ["c", "b"],
      ["a"],
    ]);
    expect(first.old).toEqual(plain.old);
    const [one, other] = [
      await update(whole.engine, plain.old, 2),
      await update(packed.engine, first.old, 2, settings),
    ];
    expect(other.diagnostics.gradientNorm).toBeCloseTo(one.diagnostics.gradientNorm, 12);
    expect(other.diagnostics.ratio).toBeCloseTo(one.diagnostics.ratio, 12);
    expect(other.diagnostics.ratio).not.toBe(1);
  });

  it("normalises by the batch's own sizes", async () => {
    // 6 completions, 12 tokens; the first update's gradient is -weight x (advantage - beta x klGradient).
    const weights = {
      constant: [1 / (8 * 6), 1 / (8 * 6)],
      "batch-tokens": [1 / 12, 1 / 12],
      "sequence-mean": [1 / (2 * 6), 1 / (1 * 6)],
    } as const;
    for (const normalisation of ["constant", "batch-tokens", "sequence-mean"] as const) {
      const { engine, gradients } = await policy();
      await update(engine, null, 1, {
        normalisation,
        objective: { ...SETTINGS.objective, beta: 0 },
      });
      const [of2, of1] = weights[normalisation];
      const expected = [[-0.5 * of2, -0.5 * of2], [0.5 * of1]];
      for (const [i, completion] of expected.entries())
        for (const [j, value] of completion.entries())
          expect(gradients[0]?.[0]?.[i]?.[j]).toBeCloseTo(value, 14);
    }
  });

  it("sends each completion its own gradient, in the batch's shape", async () => {
    const { engine, gradients, forwards } = await policy();
    await update(engine, null, 1, { batching: { limit: 2, halvings: 0 } });
    expect(gradients.flat().map((group) => group.map((completion) => completion.length))).toEqual(
      GROUPS.map(({ tokens }) => tokens.map((completion) => completion.length)),
    );
    expect(forwards.every(({ keepGraph, temperature }) => keepGraph === true && temperature === 0.8)).toBe(
      true,
    );
    expect(forwards.every(({ dropoutSeed }) => dropoutSeed === undefined)).toBe(true);
    // Each token's gradient as if it were alone.
    const { engine: fresh } = await policy();
    for (const [g, { handle, tokens, advantages, referenceLogprobs }] of GROUPS.entries()) {
      const { groups } = await fresh.forward({
        groups: [{ handle, completions: tokens }],
        adapter: "policy",
        temperature: 0.8,
      });
      for (const [i, completion] of (groups[0] ?? []).entries()) {
        const { gradient } = grpoObjective(
          [
            {
              logprobs: completion.logprob,
              oldLogprobs: completion.logprob,
              referenceLogprobs: referenceLogprobs[i] ?? [],
              advantage: advantages[i] ?? Number.NaN,
            },
          ],
          SETTINGS.objective,
          { kind: "constant", maxTokens: 8, completions: 6 },
        );
        expect(gradients.flat()[g]?.[i]).toEqual(gradient[0]);
      }
    }
  });

  it("averages diagnostics over tokens, not over completions or micro-batches", async () => {
    const { engine } = await policy();
    const { diagnostics } = await update(engine, null, 1);
    // The one-weight engine's entropy of a token is a tenth of its number.
    const tokens = GROUPS.flatMap((group) => group.tokens).flat();
    expect(diagnostics.entropy).toBeCloseTo(tokens.reduce((sum, token) => sum + token / 10, 0) / 12, 12);
    const kl = tokens.map((token) => {
      const d = -1 - token / 20 - (-((0.5 - token / 10) ** 2) / 1.6 - 1);
      return Math.exp(d) - d - 1;
    });
    expect(diagnostics.kl).toBeCloseTo(kl.reduce((sum, value) => sum + value, 0) / 12, 12);
  });

  it("drops what the accumulators held before", async () => {
    const clean = await policy();
    const dirty = await policy();
    await dirty.engine.forward({
      groups: [{ handle: "a", completions: [[9, 9]] }],
      adapter: "policy",
      gradients: [[[1, 1]]],
    });
    const results = await Promise.all([clean, dirty].map(({ engine }) => update(engine, null, 1)));
    expect(results[1]?.diagnostics).toEqual(results[0]?.diagnostics);
  });

  it("refuses a group that lacks an advantage or log-probabilities", async () => {
    const lacking = (change: Partial<RolloutGroup>) =>
      GROUPS.map((group, index) => (index === 1 ? { ...group, ...change } : group));
    for (const change of [{ advantages: [1] }, { referenceLogprobs: [[0]] }]) {
      const { engine } = await policy();
      await expect(grpoUpdate(engine, "policy", lacking(change), null, 1, ADAMW, SETTINGS)).rejects.toThrow(
        "completion 1 of a group lacks a value",
      );
    }
    const { engine } = await policy();
    const short = grpoUpdate(
      engine,
      "policy",
      lacking({ referenceLogprobs: [[-1], [-1, -1]] }),
      null,
      1,
      ADAMW,
      SETTINGS,
    );
    await expect(short).rejects.toThrow("different lengths");
  });
});
