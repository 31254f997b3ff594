import { expect, it } from "vitest";
import { VIEWS } from "../datasets/record.ts";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { LABELS } from "../labels/label.ts";
import { PROMPT_NAMES, promptByName, SFT_FORMATS } from "../prompts/builtin-prompts.ts";
import { randomStream } from "../util/random.ts";
import { instructionCorpus } from "./instruction-corpus.ts";
import { wordedTeacher } from "./worded-teacher.ts";

it("instructionCorpus holds every word that the prompts and the teacher use", async () => {
  const words = (text: string) => text.match(/[A-Za-z0-9-]+|[^\sA-Za-z0-9-]/g) ?? [];
  const known = new Set(instructionCorpus().flatMap(words));
  const stream = randomStream(1, "corpus");
  for (const name of PROMPT_NAMES)
    expect(words(promptByName(name).text).filter((word) => !known.has(word))).toEqual([]);
  for (let n = 0; n < 400; n++) {
    const record = exampleRecord({ id: `r${n}`, view: stream.pick(VIEWS) });
    const labels = stream.shuffle(LABELS).slice(0, 1 + stream.integer(14));
    for (const format of SFT_FORMATS) {
      const { text } = await wordedTeacher.write({ record, labels, prompt: promptByName(format), seed: 1 });
      expect(words(text).filter((word) => !known.has(word))).toEqual([]);
    }
  }
});
