import { parseCompletion } from "../../src/completions/parse-completion.ts";
import { trueLabels } from "../../src/datasets/phantom/finding.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { prepareRadiographs } from "../../src/engine/prepare-radiographs.ts";
import type { ReadingSet } from "../../src/evaluation/reading.ts";
import { LABELS, type Label } from "../../src/labels/label.ts";
import { promptMessages } from "../../src/prompts/chat-message.ts";
import type { Prompt } from "../../src/prompts/prompt.ts";
import type { SitePicture } from "./site-pictures.ts";

/** What an answer is compared with: what is truly in the picture, or what the hospital wrote of it. */
export type Truth = "true findings" | "hospital's labels";

/** Longest answer, in tokens: the twelve steps of Reasoning A take about 130. */
const MAX_TOKENS = 256;
const ROWS = 64;

/** A model's greedy answers to one prompt about pictures of one site. */
export async function readPictures(
  engine: Engine,
  adapter: string,
  prompt: Prompt,
  pictures: readonly SitePicture[],
  stated: readonly Label[],
): Promise<Record<Truth, ReadingSet>> {
  const files = pictures.map(({ file }) => ({ root: "", image: file }));
  const prepared = await prepareRadiographs(engine, files, promptMessages(prompt));
  const answers = await engine.sample({
    prompts: prepared.map(({ handle }) => ({ handle, seeds: [0n] })),
    adapter,
    temperature: 0,
    topP: 1,
    maxTokens: MAX_TOKENS,
    maxRows: ROWS,
  });
  const set = (truthOf: (picture: SitePicture) => readonly Label[]): ReadingSet => ({
    model: adapter || "base",
    data: pictures[0]?.record.site ?? "",
    stated,
    readings: pictures.map((picture, index) => {
      const { text = "", finish = "length" } = answers[index]?.[0] ?? {};
      const parsed = parseCompletion(text, { finish, mode: "lenient", answer: prompt.answer });
      const read = parsed.outcome === "labels";
      return {
        id: picture.record.id,
        patient: picture.record.patient,
        truth: truthOf(picture).filter((label) => stated.includes(label)),
        predicted: read ? parsed.labels : null,
        failure: read ? null : parsed.reason,
        finish,
      };
    }),
  });
  return {
    "true findings": set(({ findings }) => trueLabels(findings)),
    "hospital's labels": set(({ record }) => LABELS.filter((label) => record.labels[label] === 1)),
  };
}
