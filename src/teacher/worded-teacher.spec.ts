import { describe, expect, it } from "vitest";
import { parseCompletion } from "../completions/parse-completion.ts";
import type { ImageRecord } from "../datasets/record.ts";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { LABELS, type Label, labelRow } from "../labels/label.ts";
import { PROMPT_NAMES, promptByName } from "../prompts/builtin-prompts.ts";
import { randomStream } from "../util/random.ts";
import {
  FINDING_NOUNS,
  FINDING_SENTENCES,
  NO_FINDING_SENTENCES,
  NORMAL_SENTENCES,
} from "./finding-phrases.ts";
import { countWords, FREE_READING_WORDS } from "./free-reading.ts";
import { wordedTeacher } from "./worded-teacher.ts";

const write = async (
  labels: readonly Label[],
  format = "free",
  seed = 1,
  change: Partial<ImageRecord> = {},
) =>
  (await wordedTeacher.write({ record: exampleRecord(change), labels, prompt: promptByName(format), seed }))
    .text;

/** Label sets of every size, with and without No Finding. */
function labelSets(count: number): Label[][] {
  const stream = randomStream(5, "label sets");
  const drawn = Array.from({ length: count }, () => stream.shuffle(LABELS).slice(0, 1 + stream.integer(13)));
  return [...LABELS.map((label): Label[] => [label]), [...LABELS], ...drawn];
}
const thinkOf = (text: string): string => {
  const parsed = parseCompletion(text, { finish: "stop", mode: "strict" });
  return parsed.outcome === "labels" ? (parsed.think ?? "") : "";
};

describe("the worded teacher", () => {
  it.each(PROMPT_NAMES)(
    "writes %s completions that parse strictly to the labels it was given",
    async (format) => {
      const { answer } = promptByName(format);
      for (const [n, labels] of labelSets(150).entries()) {
        const text = await write(labels, format, n);
        const parsed = parseCompletion(text, { finish: "stop", mode: "strict", answer });
        expect(parsed).toMatchObject({
          outcome: "labels",
          labels: LABELS.filter((label) => labels.includes(label)),
          unknown: [],
          duplicates: [],
        });
      }
    },
  );

  it("keeps Free Reasoning within its words for every label set", async () => {
    for (const [n, labels] of labelSets(500).entries()) {
      const words = countWords(thinkOf(await write(labels, "free", n)));
      expect(words).toBeGreaterThanOrEqual(FREE_READING_WORDS.least);
      expect(words).toBeLessThanOrEqual(FREE_READING_WORDS.most);
    }
  });

  it("states each finding that is there and none that is not, so that the labels follow from the text", async () => {
    for (const [n, labels] of labelSets(500).entries()) {
      const text = thinkOf(await write(labels, "free", n));
      const said = LABELS.filter((label) => {
        if (label === "No Finding") return NO_FINDING_SENTENCES.some((sentence) => text.includes(sentence));
        const sentences = FINDING_SENTENCES[label].some((sentence) => text.includes(sentence));
        // In a list the findings are nouns: "The lungs show opacity, edema and atelectasis."
        const lists =
          text.match(
            /(?:The lungs show|In the lungs there is|The pleura shows|In the pleural space there is) [^.]*,[^.]*/g,
          ) ?? [];
        const listed = lists.flatMap((list) =>
          list.replace(/^.*?(?:show|shows|there is) /, "").split(/, | and /),
        );
        return sentences || FINDING_NOUNS[label].some((noun) => listed.includes(noun));
      });
      expect(said).toEqual(LABELS.filter((label) => labels.includes(label)));
    }
  });

  it("repeats for the same seed and record, and varies with either", async () => {
    const labels: Label[] = ["Edema", "Cardiomegaly"];
    const first = await write(labels);
    expect(await write(labels)).toBe(first);
    expect(await write(labels, "free", 2)).not.toBe(first);
    expect(await write(labels, "free", 1, { id: "r2" })).not.toBe(first);
    const texts = await Promise.all(Array.from({ length: 100 }, (_, n) => write(labels, "free", n)));
    expect(new Set(texts).size).toBeGreaterThan(90);
  });

  it("depends on the given labels and the view alone, not on anything else of the record", async () => {
    const labels: Label[] = ["Fracture"];
    const other = { image: "nowhere.png", labels: labelRow({ Edema: 1 }), patient: "p2", age: 80 };
    expect(await write(labels, "free", 1, other)).toBe(await write(labels));
    expect(await write(labels, "free", 1, { view: "AP" })).toContain("AP");
  });

  it("numbers the twelve steps of Reasoning A, one a line, titled as the prompt's", async () => {
    const lines = thinkOf(await write(["No Finding", "Support Devices"], "a")).split("\n");
    expect(lines.map((line) => Number(line.split(".")[0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const prompt = promptByName("a").text;
    for (const line of lines)
      expect(prompt).toContain(line.slice(0, line.indexOf(":")).replace(/^Quality$/, "Quality"));
    expect(lines[11]).toContain("nothing abnormal in any step");
  });

  it("refuses a prompt that is not built in, under whatever name", async () => {
    const prompt = { ...promptByName("free"), name: "mine" };
    const changed = { ...promptByName("free"), hash: "0".repeat(64) };
    for (const other of [prompt, changed]) {
      await expect(
        wordedTeacher.write({ record: exampleRecord(), labels: ["Edema"], prompt: other, seed: 1 }),
      ).rejects.toThrow(/no readings for the prompt/);
    }
  });
});

describe("the teacher's phrases", () => {
  const sentences = [
    ...Object.values(FINDING_SENTENCES),
    ...Object.values(NORMAL_SENTENCES),
    NO_FINDING_SENTENCES,
  ].flat();

  it("belong to one finding each", () => {
    expect(new Set(sentences).size).toBe(sentences.length);
    const nouns = Object.values(FINDING_NOUNS).flat();
    expect(new Set(nouns).size).toBe(nouns.length);
    for (const sentence of sentences)
      expect(sentences.filter((other) => other.includes(sentence))).toEqual([sentence]);
  });

  it("claim no side, size or degree, and give nothing away", () => {
    for (const sentence of sentences) {
      expect(sentence).not.toMatch(
        /\b(left|right|small|large|mild|moderate|severe|label|given|upper|lower)\b/i,
      );
    }
  });
});
