import { readCohort } from "../../cohort/cohort-file.ts";
import { writePredictions } from "../../evaluation/prediction-file.ts";
import { readRadiographs } from "../../evaluation/read-radiographs.ts";
import { modelAdapter } from "../model-adapter.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { studyPrompt } from "../study-prompt.ts";
import type { StudyReader } from "../study-reader.ts";
import { radiographRoot } from "./radiograph-root.ts";
import { refuseUnchecked } from "./refuse-missing.ts";
import { testSetFile } from "./test-set-stage.ts";

/** Where a reader's answers on a hospital lie. */
export const predictionFile = ({ file }: Pick<StudyReader, "file">, data: string): string =>
  `predictions/${file}@${data}.parquet`;

/** The frozen adapter that reads. */
const READER = "reader";

/** Has a model read a hospital's test set. */
export function predictStage(config: StudyConfig, reader: StudyReader, data: string): Stage {
  const { model } = reader;
  const prompt = studyPrompt(config, reader.prompt);
  const { temperature, maxTokens } = config.evaluation;
  const evaluate = model === "grpo" ? config.grpo?.evaluate : undefined;
  return {
    name: `predict ${reader.id}@${data}`,
    needs: ["model", `test-set ${data}`, `data ${data}`, ...(model === "base" ? [] : [model])],
    config: { temperature, maxTokens, evaluate, prompt: prompt.hash, seed: config.seed },
    async run(context) {
      refuseUnchecked(config);
      const { records } = await readCohort(context.path(testSetFile(data)));
      const { engine } = await context.engines.model();
      const folder = modelAdapter(config, model, (stage) => context.result(stage).facts);
      if (folder !== null) await engine.newAdapter(READER, { folder: context.path(folder) }, false);
      const predictions = await readRadiographs(
        engine,
        records,
        {
          root: radiographRoot(context, data),
          prompt,
          adapter: folder === null ? "" : READER,
          temperature,
          maxTokens,
          seed: config.seed,
        },
        context.onProgress,
      );
      if (folder !== null) await engine.free({ adapter: READER });
      const file = predictionFile(reader, data);
      await writePredictions(context.path(file), predictions);
      const failed = predictions.filter(({ failure }) => failure !== null).length;
      return {
        files: [file],
        summary: `${predictions.length} readings, ${failed} could not be read`,
        facts: { n: predictions.length, failed },
      };
    },
  };
}
