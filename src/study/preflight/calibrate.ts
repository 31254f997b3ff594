import { formatCompletion } from "../../completions/format-completion.ts";
import type { LaunchOptions } from "../../engine/launch-engine.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { slices } from "../../util/slices.ts";
import { engineHost } from "../engine-host.ts";
import type { Study } from "../load-study.ts";
import { loraSchema } from "../schema/training.ts";
import { studyPrompt } from "../study-prompt.ts";
import { drawnPictures } from "./drawn-pictures.ts";

/** Pictures read: enough that the first call's warming up weighs little. */
export const CALIBRATION_IMAGES = 20;
/** Tokens sampled for each picture. */
const SAMPLED_TOKENS = 64;
const ADAPTER = "calibration";

/** What this machine does with this model in a second. */
export interface Calibration {
  readonly device: string;
  readonly images: number;
  /** Through the vision tower, once. */
  readonly secondsPerImage: number;
  /** Tokens decoded in a second, all pictures side by side. */
  readonly decodedPerSecond: number;
  /** Forward without a gradient, and with one, seconds for a completion of `tokens`; ranks work side by side. */
  readonly tokens: number;
  readonly secondsPerScored: number;
  readonly secondsPerTrained: number;
  readonly peakMemoryBytes: number;
}

/**
 * Measures this machine on drawn pictures with the study's model, prompt and LoRA: no data are needed, nothing is kept.
 * @param tokens of the completions that are scored and trained on
 */
export async function calibrate(study: Study, tokens: number, launch: LaunchOptions): Promise<Calibration> {
  const { config } = study;
  const engines = engineHost(study, launch);
  try {
    const { engine } = await engines.model();
    const messages = promptMessages(studyPrompt(config, config.format));
    const pictures = drawnPictures(CALIBRATION_IMAGES, config.seed);
    const [prepared, preparing] = await timed(() =>
      engine.prepare(pictures.map((image) => ({ messages, images: [image], store: true }))),
    );
    const handles = prepared.map(({ handle }) => handle);
    const { dropout, rank, alpha } = config.sft?.lora ?? loraSchema.parse({});
    await engine.newAdapter(ADAPTER, { lora: { rank, alpha, dropout, seed: config.seed } }, true);
    const [sampled, decoding] = await timed(() =>
      engine.sample({
        prompts: handles.map((handle, index) => ({ handle, seeds: [BigInt(index)] })),
        adapter: ADAPTER,
        temperature: 1,
        topP: 1,
        maxTokens: SAMPLED_TOKENS,
      }),
    );
    const decoded = sampled.flat().reduce((sum, completion) => sum + completion.tokens.length, 0);
    const completion = await completionOf(tokens, (text) => engine.tokenize([text]));
    const groups = handles.map((handle) => ({ handle, completions: [completion] }));
    const each = async (work: (together: typeof groups) => Promise<unknown>): Promise<number> => {
      const [, seconds] = await timed(async () => {
        for (const together of slices(groups, config.model.ranks)) await work(together);
      });
      return seconds / groups.length;
    };
    const gradient = [completion.map(() => -1 / completion.length)];
    const secondsPerScored = await each((together) => engine.forward({ groups: together, adapter: ADAPTER }));
    await engine.zeroGrad(ADAPTER);
    const secondsPerTrained = await each((together) =>
      engine.forward({
        groups: together,
        adapter: ADAPTER,
        dropoutSeed: 1n,
        gradients: together.map(() => gradient),
      }),
    );
    const { device, peakMemoryBytes } = await engine.describe();
    return {
      device,
      images: CALIBRATION_IMAGES,
      secondsPerImage: preparing / CALIBRATION_IMAGES,
      decodedPerSecond: decoded / decoding,
      tokens: completion.length,
      secondsPerScored,
      secondsPerTrained,
      peakMemoryBytes,
    };
  } finally {
    await engines.close();
  }
}

/** Tokens of an answer, said over and over until there are enough. */
async function completionOf(
  length: number,
  tokenize: (text: string) => Promise<number[][]>,
): Promise<number[]> {
  const text = formatCompletion({
    think: "The heart is not enlarged. The lungs are clear.",
    labels: ["No Finding"],
  });
  const [once = []] = await tokenize(text);
  if (once.length === 0) throw new Error("calibrate: the model's vocabulary has no word for an answer");
  return Array.from({ length }, (_, index) => once[index % once.length] ?? 0);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}
