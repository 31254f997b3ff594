import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import type { AdamWSettings } from "../engine/engine.ts";
import { drawnPrompt } from "../engine/testing/drawn-prompt.ts";
import { labelRow } from "../labels/label.ts";
import { promptByName } from "../prompts/builtin-prompts.ts";
import { promptMessages } from "../prompts/chat-message.ts";
import { traceCompletion } from "../teacher/trace.ts";
import { wordedTeacher } from "../teacher/worded-teacher.ts";
import { writeTraces } from "../teacher/write-traces.ts";
import { readJsonLines } from "./json-lines.ts";
import { trainSft } from "./sft.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { freeAdapters, scoresOf, tinyEngine } from "./testing/tiny-engine.ts";

const tiny = tinyEngine(4);
const scratch = scratchFolders();
afterEach(() => freeAdapters(tiny().engine));

const ADAMW: AdamWSettings = {
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clipNorm: 0,
};
type Part = {
  readonly handle: string;
  readonly tokens: readonly number[];
  readonly weights: readonly number[];
};

/** The norm of the gradient that these weights give, one Forward a list. */
async function normFrom(forwards: readonly (readonly Part[])[]): Promise<number> {
  const { engine } = tiny();
  await freeAdapters(engine);
  await engine.newAdapter("policy", { lora: { rank: 4, alpha: 8, dropout: 0, seed: 3 } }, true);
  await engine.zeroGrad("policy");
  for (const parts of forwards)
    await engine.forward({
      groups: parts.map(({ handle, tokens }) => ({ handle, completions: [tokens] })),
      gradients: parts.map(({ weights }) => [weights]),
      adapter: "policy",
    });
  const { gradientNorm } = await engine.step("policy", 1, ADAMW);
  return gradientNorm;
}

const evenly = (tokens: readonly number[], weight: number): number[] => tokens.map(() => weight);

describe("what a trace's loss reaches", () => {
  it("is the answer's tokens alone: tokens that count 0 teach what they teach as part of the prompt, nothing", async () => {
    const { engine, examples } = tiny();
    const { handle, tokens } = examples[0] ?? { handle: "", tokens: [] };
    const half = Math.floor(tokens.length / 2);
    const [first, second] = [tokens.slice(0, half), tokens.slice(half)];
    const longer = await engine.extend(handle, first);
    const masked = await normFrom([
      [{ handle, tokens, weights: [...evenly(first, 0), ...evenly(second, -1 / half)] }],
    ]);
    const prompt = await normFrom([
      [{ handle: longer.handle, tokens: second, weights: evenly(second, -1 / half) }],
    ]);
    expect(masked).toBeGreaterThan(0);
    expect(Math.abs(masked / prompt - 1)).toBeLessThan(1e-4);
    // It would show if the first half had counted.
    const whole = await normFrom([[{ handle, tokens, weights: evenly(tokens, -1 / half) }]]);
    expect(Math.abs(whole / prompt - 1)).toBeGreaterThan(0.01);
  });

  it("is nothing when no token counts: prompt and image have no gradient of their own", async () => {
    const { examples } = tiny();
    const parts = examples
      .slice(0, 2)
      .map(({ handle, tokens }) => ({ handle, tokens, weights: evenly(tokens, 0) }));
    expect(await normFrom([parts])).toBe(0);
  });

  it("does not reach the padding: traces of unequal length teach together what they teach apart", async () => {
    const { examples } = tiny();
    const [long, other] = [examples[0], examples[1]].map((one) => one ?? { handle: "", tokens: [] });
    const parts = [
      { handle: long?.handle ?? "", tokens: long?.tokens ?? [] },
      { handle: other?.handle ?? "", tokens: (other?.tokens ?? []).slice(0, 9) },
    ].map((part) => ({ ...part, weights: evenly(part.tokens, -0.02) }));
    expect(new Set(parts.map(({ tokens }) => tokens.length)).size).toBe(2);
    const together = await normFrom([parts]);
    const apart = await normFrom(parts.map((part) => [part]));
    expect(Math.abs(together / apart - 1)).toBeLessThan(1e-4);
  });
});

describe("the four answer formats", () => {
  it.each(["free", "only-label", "narrative", "a"] as const)(
    "%s: the trace is what is learnt",
    async (format) => {
      const { engine } = tiny();
      const prompt = promptByName(format);
      const records = [
        exampleRecord({ id: "a", labels: labelRow({ Edema: 1, Cardiomegaly: 1 }) }),
        exampleRecord({ id: "b", labels: labelRow({ "No Finding": 1 }) }),
      ];
      const { traces } = await writeTraces(records, { prompt, provider: wordedTeacher, seed: 1 });
      const prepared = await engine.prepare(
        traces.map((_, index) => ({ ...drawnPrompt(index), messages: promptMessages(prompt) })),
      );
      const tokens = await engine.tokenize(traces.map(traceCompletion));
      const examples = traces.map(({ id }, index) => ({
        id,
        handle: prepared[index]?.handle ?? "",
        promptTokens: prepared[index]?.tokens ?? 0,
        tokens: tokens[index] ?? [],
      }));
      const scores = await Promise.all(examples.map((example) => scoresOf(engine, example, "")));
      const runFolder = await scratch();
      await trainSft({
        engine,
        runFolder,
        adapter: { kind: "lora", rank: 4, alpha: 8, dropout: 0 },
        train: examples,
        validation: examples,
        settings: {
          epochs: 1,
          patience: 0,
          batch: 2,
          microBatch: 1,
          learningRate: 1e-3,
          schedule: { kind: "constant", warmup: 0 },
          weightDecay: 0,
          clipNorm: 0,
          normalisation: "token-mean",
          checkpointEvery: 10,
        },
        seed: 1,
      });
      const rows = (await readJsonLines(path.join(runFolder, "metrics.jsonl"))) as {
        kind: string;
        loss: number;
        tokenAccuracy: number;
      }[];
      const step = rows.find(({ kind }) => kind === "step");
      const logprobs = scores.flatMap(({ logprob }) => logprob);
      const right = scores.flatMap(({ argmax }) => argmax);
      expect(step?.loss).toBeCloseTo(-logprobs.reduce((sum, one) => sum + one, 0) / logprobs.length, 4);
      expect(step?.tokenAccuracy).toBeCloseTo(right.filter(Boolean).length / right.length, 8);
    },
  );
});
