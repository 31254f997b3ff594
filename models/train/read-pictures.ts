import { trueLabels } from "../../src/datasets/phantom/finding.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { readRadiographs } from "../../src/evaluation/read-radiographs.ts";
import { type ReadingSet, readingOf } from "../../src/evaluation/reading.ts";
import type { Label } from "../../src/labels/label.ts";
import { positiveLabels } from "../../src/labels/policy.ts";
import type { Prompt } from "../../src/prompts/prompt.ts";
import type { SitePicture } from "./site-pictures.ts";

/** What an answer is compared with: what is truly in the picture, or what the hospital wrote of it. */
export type Truth = "true findings" | "hospital's labels";

/** Longest answer, in tokens: the twelve steps of Reasoning A take about 130. */
const MAX_TOKENS = 256;

/** A model's greedy answers to one prompt about pictures of one site. */
export async function readPictures(
  engine: Engine,
  adapter: string,
  prompt: Prompt,
  pictures: readonly SitePicture[],
  stated: readonly Label[],
): Promise<Record<Truth, ReadingSet>> {
  const predictions = await readRadiographs(
    engine,
    pictures.map(({ record, file }) => ({ ...record, image: file })),
    { root: "", prompt, adapter, temperature: 0, maxTokens: MAX_TOKENS, seed: 0 },
  );
  const set = (truthOf: (picture: SitePicture) => readonly Label[]): ReadingSet => ({
    model: adapter || "base",
    data: pictures[0]?.record.site ?? "",
    stated,
    readings: predictions.map((prediction, index) => {
      const picture = pictures[index];
      const truth = picture === undefined ? [] : truthOf(picture);
      return readingOf(
        prediction,
        truth.filter((label) => stated.includes(label)),
      );
    }),
  });
  return {
    "true findings": set(({ findings }) => trueLabels(findings)),
    "hospital's labels": set(({ record }) => positiveLabels(record.labels)),
  };
}
