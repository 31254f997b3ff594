import path from "node:path";
import { formatCompletion } from "../../completions/format-completion.ts";
import { planSite } from "../../datasets/phantom/plan-site.ts";
import { renderPhantom } from "../../datasets/phantom/render-phantom.ts";
import { PHANTOM_MIMIC } from "../../datasets/phantom/sites.ts";
import { labelImages } from "../../datasets/phantom/write-site.ts";
import type { Engine } from "../../engine/engine.ts";
import { PACKAGE_ROOT } from "../../engine/python-environment.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { promptByName } from "../../prompts/builtin-prompts.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { freeReading } from "../../teacher/free-reading.ts";
import { randomStream } from "../../util/random.ts";
import type { GrpoExample } from "../rollout.ts";
import type { SftExample } from "../sft.ts";

/** A radiograph in both trainers' forms. */
export type TinyExample = SftExample & GrpoExample;

/** The side of the pictures: as the tiny model's tower takes them. */
const PIXELS = 112;
const SEED = 5;
/** One: the specs' tensors are so small that a second thread only waits. */
const THREADS = 1;

/**
 * The real line, small: loads the tiny Gemma 3 in float32 into a fresh engine, draws phantom radiographs with a
 * positive label and has them worded as the default study's teacher does.
 */
export async function tinyLine(engine: Engine, images: number): Promise<TinyExample[]> {
  await engine.load({
    source: path.join(PACKAGE_ROOT, "models", "phantom-gemma3"),
    dtype: "float32",
    threads: THREADS,
  });
  const pictures = labelImages(PHANTOM_MIMIC, SEED, planSite(PHANTOM_MIMIC, SEED, 2 * images))
    .filter(({ image, labels }) => image.view !== "lateral" && positiveLabels(labels).length > 0)
    .slice(0, images);
  const messages = promptMessages(promptByName("free"));
  const prepared = await engine.prepare(
    pictures.map(({ image }) => {
      const { width, height, data } = renderPhantom(image.spec, PIXELS);
      return { messages, images: [{ width, height, channels: 1, pixels: data }] };
    }),
  );
  const truths = pictures.map(({ labels }) => positiveLabels(labels));
  const tokens = await engine.tokenize(
    truths.map((labels, index) =>
      formatCompletion({ think: freeReading(labels, "AP", randomStream(SEED, index)), labels }),
    ),
  );
  return pictures.map(({ patient }, index) => ({
    id: `image-${index}`,
    patient: `patient-${patient.index}`,
    handle: prepared[index]?.handle ?? "",
    promptTokens: prepared[index]?.tokens ?? 0,
    truth: truths[index] ?? [],
    tokens: tokens[index] ?? [],
  }));
}
