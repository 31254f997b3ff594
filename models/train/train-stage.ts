import type { Engine } from "../../src/engine/engine.ts";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { type SftExample, type SftOutcome, type SftSettings, trainSft } from "../../src/training/sft.ts";
import { mapParallel } from "../../src/util/map-parallel.ts";
import { slices } from "../../src/util/slices.ts";
import { type Lesson, lessonMessages } from "./lesson.ts";

/** Pictures made ready in one call to the engine. */
const PREPARED_AT_ONCE = 64;
/** Pictures decoded side by side. */
const PARALLEL = 4;
/** Seconds between two lines of progress. */
const REPORT_SECONDS = 20;

export interface Stage {
  readonly name: string;
  /** A model folder: with weights, or without when the weights are to be drawn from the seed. */
  readonly source: string;
  readonly weights: "drawn" | "loaded";
  readonly train: readonly Lesson[];
  readonly validation: readonly Lesson[];
  readonly settings: SftSettings;
  readonly seed: number;
  readonly runFolder: string;
}

/** Trains the whole model on lessons with the project's own SFT loop; goes on from the last checkpoint of the folder. */
export async function trainStage(stage: Stage): Promise<SftOutcome> {
  const { name, source, weights, seed, runFolder, settings } = stage;
  const launched = await launchEngine();
  try {
    const { engine } = launched;
    const model = await engine.load({
      source,
      dtype: "float32",
      seed,
      trainable: "full",
      randomWeights: weights === "drawn",
      threads: threads(),
    });
    console.error(`${name}: ${model.parameters} parameters, ${stage.train.length} lessons`);
    const train = await prepareLessons(engine, stage.train);
    const validation = await prepareLessons(engine, stage.validation);
    const began = performance.now();
    let reported = Number.NEGATIVE_INFINITY;
    const outcome = await trainSft({
      engine,
      runFolder,
      adapter: { kind: "full" },
      train,
      validation,
      settings,
      seed,
      onProgress: ({ done, total, note }) => {
        const seconds = (performance.now() - began) / 1000;
        if (seconds - reported < REPORT_SECONDS && done < total) return;
        reported = seconds;
        console.error(`${name}: ${done} of ${total} updates, ${seconds.toFixed(0)} s, ${note}`);
      },
    });
    console.error(
      `${name}: validation loss ${outcome.bestValidationLoss.toFixed(4)} at update ${outcome.bestStep}`,
    );
    return outcome;
  } finally {
    await launched.close();
  }
}

/** Makes lessons ready for the engine. */
export async function prepareLessons(engine: Engine, lessons: readonly Lesson[]): Promise<SftExample[]> {
  const examples: SftExample[] = [];
  for (const batch of slices(lessons, PREPARED_AT_ONCE)) {
    const pictures = await mapParallel(batch, PARALLEL, (lesson) => lesson.picture());
    const prompts = await engine.prepare(
      batch.map((lesson, index) => {
        const picture = pictures[index];
        return { messages: lessonMessages(lesson), images: picture === undefined ? [] : [picture] };
      }),
    );
    const tokens = await engine.tokenize(batch.map(({ answer }) => answer));
    for (const [index, { id }] of batch.entries()) {
      const { handle = "", tokens: promptTokens = 0 } = prompts[index] ?? {};
      examples.push({ id, handle, promptTokens, tokens: tokens[index] ?? [] });
    }
  }
  return examples;
}

/** torch's threads, from the environment as for every torch program; 0 leaves it to torch. */
function threads(): number {
  return Number(process.env.OMP_NUM_THREADS ?? 0);
}
