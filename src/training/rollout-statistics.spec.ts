import { describe, expect, it } from "vitest";
import { parseCompletion } from "../completions/parse-completion.ts";
import type { ReadCompletion } from "./rollout.ts";
import { rolloutStatistics } from "./rollout-statistics.ts";

function read(solution: string, tokens: number, finish: "stop" | "length" = "stop"): ReadCompletion {
  const text = finish === "length" ? "<think>cut" : `<think>x</think><solution>${solution}</solution>`;
  return {
    sampled: {
      prompt: 0,
      completion: 0,
      tokens: Array.from({ length: tokens }, () => 7),
      text,
      finish,
      logprobs: [],
    },
    parsed: parseCompletion(text, { finish, mode: "strict", answer: "reasoned" }),
  };
}

const score = (jaccard: number, length?: number) => ({
  total: jaccard + (length ?? 0),
  components: { jaccard, ...(length === undefined ? {} : { length }) },
});

const GROUPS = [
  [read("Edema, Pneumonia", 10), read("Edema", 20)],
  [read("", 30), read("", 64, "length")],
  [read("Pneumonia, Edema", 12), read("Edema, Nonsense", 14)],
];
const SCORES = [score(1), score(0.5, -0.1), score(0), score(0), score(0.25), score(0.5, -0.1)];

describe("rolloutStatistics", () => {
  const statistics = rolloutStatistics(GROUPS, SCORES);

  it("averages reward and components over all completions; a component not given counts 0", () => {
    expect(statistics.reward).toBeCloseTo((1 + 0.4 + 0 + 0 + 0.25 + 0.4) / 6, 12);
    expect(statistics.components.jaccard).toBeCloseTo(2.25 / 6, 12);
    expect(statistics.components.length).toBeCloseTo(-0.2 / 6, 12);
  });

  it("averages length, and counts what was cut off", () => {
    expect(statistics.length).toBe(150 / 6);
    expect(statistics.truncated).toBe(1 / 6);
  });

  it("counts failures by reason", () => {
    expect(statistics.failureRate).toBe(2 / 6);
    expect(statistics.failures).toEqual({ "empty solution": 1, "cut off": 1 });
  });

  it("counts empty answers, also one without any text, and texts that repeat themselves or another image's", () => {
    expect(statistics.answers).toBe(4);
    expect(statistics.emptyAnswers).toBe(1 / 6);
    expect(statistics.looping).toBe(0);
    const silent = read("Edema", 1);
    const [a, b, c] = [
      { ...silent, sampled: { ...silent.sampled, text: " \n" } },
      read(Array(30).fill("clear, clear").join(" "), 1),
      read("Edema", 1),
    ];
    const more = rolloutStatistics(
      [
        [a, c],
        [b, c],
      ],
      [score(0), score(0), score(0), score(0)],
    );
    expect(more).toMatchObject({ emptyAnswers: 0.25, looping: 0.25, sameText: 0.5 });
  });

  it("takes shares of labels among answers that could be read", () => {
    expect(statistics.labelShares.Edema).toBe(1);
    expect(statistics.labelShares.Pneumonia).toBe(0.5);
    expect(statistics.labelShares.Fracture).toBe(0);
    expect(Object.keys(statistics.labelShares)).toHaveLength(14);
  });

  it("counts a label set once, in whatever order it was written", () => {
    expect(statistics.distinctLabelSets).toBe(2);
  });

  it("counts groups without variance by their own scores", () => {
    expect(statistics.zeroVarianceGroups).toBe(1);
    const [a, b] = [score(0.5), score(0.25)];
    expect(rolloutStatistics(GROUPS, [a, a, b, b, a, b]).zeroVarianceGroups).toBe(2);
    expect(rolloutStatistics(GROUPS, [a, b, b, a, a, b]).zeroVarianceGroups).toBe(0);
  });

  it("says 0 of every label when no answer could be read", () => {
    const none = rolloutStatistics([[read("", 1)]], [score(0)]);
    expect(none.failureRate).toBe(1);
    expect(Object.values(none.labelShares).every((share) => share === 0)).toBe(true);
    expect(none.distinctLabelSets).toBe(0);
  });
});
