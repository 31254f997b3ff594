import { describe, expect, it } from "vitest";
import { formatCompletion } from "../completions/format-completion.ts";
import { parseCompletion } from "../completions/parse-completion.ts";
import type { Engine, ForwardRequest } from "../engine/engine.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { answerVariants, labelScores, probabilitiesOf } from "./label-scores.ts";

/**
 * A language model by formula: a token is a letter (and the end, 0), and the chance of each depends on all that went
 * before it, the picture's name included.
 */
function scriptedEngine() {
  const contexts = new Map<string, number[]>();
  const forwards: ForwardRequest[] = [];
  const freed: string[] = [];
  const codes = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
  const contextOf = (handle: string): number[] => contexts.get(handle) ?? codes(handle);
  const logprobOf = (context: readonly number[], token: number): number => {
    let state = 7;
    for (const before of context) state = (state * 31 + before) % 1009;
    return -0.1 - ((state * 17 + token) % 101) / 50;
  };
  const score = (context: readonly number[], tokens: readonly number[]): number[] =>
    tokens.map((token, at) => logprobOf([...context, ...tokens.slice(0, at)], token));
  const verbs: Pick<Engine, "tokenize" | "extend" | "forward" | "free"> = {
    tokenize: async (texts) => texts.map((text) => [...codes(text), 0]),
    async extend(handle, tokens) {
      const context = [...contextOf(handle), ...tokens];
      const longer = `extended ${context.join(" ")}`;
      contexts.set(longer, context);
      return { handle: longer, tokens: context.length, imageTokens: 0, featuresCached: true };
    },
    async forward(request) {
      forwards.push(request);
      const groups = request.groups.map(({ handle, completions }) =>
        completions.map((tokens) => ({ logprob: score(contextOf(handle), tokens), entropy: [], argmax: [] })),
      );
      return { groups, ticket: "" };
    },
    async free(what) {
      if (!("handle" in what)) throw new Error("only handles are made here");
      if (!contexts.delete(what.handle)) throw new Error(`no handle ${what.handle}`);
      freed.push(what.handle);
    },
  };
  const whole = (handle: string, text: string): number =>
    score(codes(handle), [...codes(text), 0]).reduce((a, b) => a + b, 0);
  return { engine: verbs as Engine, whole, forwards, freed, open: contexts };
}

const parsed = (text: string) => parseCompletion(text, { finish: "stop", mode: "lenient" });
const answer = (handle: string, think: string | null, labels: readonly Label[]) => ({
  handle,
  completion: parsed(formatCompletion({ think, labels })),
});

describe("answerVariants", () => {
  it("writes the answer as formatCompletion does, then each label toggled", () => {
    const texts = answerVariants("big heart", ["Edema", "Cardiomegaly"]);
    expect(texts).toHaveLength(15);
    expect(texts[0]).toBe(formatCompletion({ think: "big heart", labels: ["Cardiomegaly", "Edema"] }));
    const toggled = (label: Label) => texts[1 + LABELS.indexOf(label)];
    expect(toggled("Edema")).toBe("<think>big heart</think><solution>Cardiomegaly</solution>");
    expect(toggled("Lung Lesion")).toBe(
      "<think>big heart</think><solution>Cardiomegaly, Lung Lesion, Edema</solution>",
    );
    expect(answerVariants(null, ["Edema"])[1 + LABELS.indexOf("Edema")]).toBe("<solution></solution>");
  });
});

describe("labelScores", () => {
  const answers = [
    answer("a", "the heart is large", ["Cardiomegaly", "Edema"]),
    { handle: "b", completion: parsed("nothing to see") },
    answer("c", null, ["No Finding"]),
    ...Array.from({ length: 9 }, (_, i) => answer(`more ${i}`, `thought ${i}`, [LABELS[i] as Label])),
    answer("a", "the heart is large", ["Cardiomegaly", "Edema"]),
  ];

  it("is the whole text's log-probability with the label minus without it", async () => {
    const { engine, whole } = scriptedEngine();
    const scores = await labelScores(engine, answers, { adapter: "sft" });
    expect(scores).toHaveLength(answers.length);
    expect(scores[1]).toBeNull();
    for (const [index, { handle, completion }] of answers.entries()) {
      if (completion.outcome !== "labels") continue;
      const think = completion.think === null ? "" : `<think>${completion.think}</think>`;
      const text = (labels: readonly Label[]) =>
        `${think}<solution>${LABELS.filter((label) => labels.includes(label)).join(", ")}</solution>`;
      for (const label of LABELS) {
        const without = completion.labels.filter((other) => other !== label);
        const wanted = whole(handle, text([...without, label])) - whole(handle, text(without));
        expect(scores[index]?.[label]).toBeCloseTo(wanted, 9);
      }
    }
    expect(scores.at(-1)).toEqual(scores[0]);
  });

  it("asks for the reasoning once, as a longer prompt, and leaves no handle behind", async () => {
    const { engine, forwards, freed, open } = scriptedEngine();
    const seen: number[] = [];
    await labelScores(engine, answers, { adapter: "sft" }, ({ done }) => seen.push(done));
    expect(forwards.map(({ groups }) => groups.length)).toEqual([8, 4]);
    expect(seen).toEqual([8, 12]);
    const longest = Math.max(
      ...forwards.flatMap(({ groups }) =>
        groups.flatMap(({ completions }) => completions.map(({ length }) => length)),
      ),
    );
    expect(longest).toBeLessThan("Cardiomegaly, Enlarged Cardiomediastinum, Edema</solution>".length + 2);
    for (const { adapter, temperature, keepGraph } of forwards) {
      expect({ adapter, temperature, keepGraph }).toEqual({ adapter: "sft" });
    }
    expect(freed).toHaveLength(12);
    expect(open.size).toBe(0);
  });

  it("frees the handles when Forward fails, and asks nothing where no answer could be read", async () => {
    const { engine, open, forwards } = scriptedEngine();
    const failing: Engine = { ...engine, forward: () => Promise.reject(new Error("out of memory")) };
    await expect(labelScores(failing, answers, { adapter: "" })).rejects.toThrow("out of memory");
    expect(open.size).toBe(0);
    expect(await labelScores(engine, answers.slice(1, 2), { adapter: "" })).toEqual([null]);
    expect(forwards).toEqual([]);
  });

  it("refuses an engine that scores too few completions", async () => {
    const { engine } = scriptedEngine();
    const short: Engine = { ...engine, forward: async () => ({ groups: [[]], ticket: "" }) };
    await expect(labelScores(short, answers.slice(0, 1), { adapter: "" })).rejects.toThrow("0 completions");
  });
});

describe("probabilitiesOf", () => {
  it("weighs the answer with the label against that without it", async () => {
    const { engine } = scriptedEngine();
    const [scores = null] = await labelScores(engine, [answer("a", "x", ["Edema"])], { adapter: "" });
    const { score, probability } = probabilitiesOf(scores)?.Edema ?? { score: 0, probability: 0 };
    expect(score).toBe(scores?.Edema);
    expect(Math.log(probability / (1 - probability))).toBeCloseTo(score, 9);
    expect(probabilitiesOf(null)).toBeNull();
  });
});
