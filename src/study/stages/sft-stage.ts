import { splitByPatient } from "../../cohort/split-by-patient.ts";
import type { Engine } from "../../engine/engine.ts";
import { prepareRadiographs } from "../../engine/prepare-radiographs.ts";
import { applyReviews } from "../../teacher/review/apply-reviews.ts";
import { REVIEW_FILE, readReviews } from "../../teacher/review/review-file.ts";
import { type Trace, traceCompletion, tracePrompt } from "../../teacher/trace.ts";
import { readTraceFile } from "../../teacher/trace-file.ts";
import { microBatchOfRanks } from "../../training/micro-batches.ts";
import { type SftExample, trainSft } from "../../training/sft.ts";
import { writeJsonLineFile } from "../../util/json-line-file.ts";
import { UserError } from "../../util/user-error.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { SftConfig } from "../schema/training.ts";
import type { Stage, StageContext } from "../stage.ts";
import { studyPath } from "../study-path.ts";
import { studyPrompt } from "../study-prompt.ts";
import { sftSeeds, trainingSeed } from "../training-seed.ts";
import { radiographRoot } from "./radiograph-root.ts";
import { traceFile } from "./teach-stage.ts";

/** Traces that a reader has rejected, with who and why. */
const rejectedFile = (format: string): string => `traces/${format}.rejected.jsonl`;

/** Supervised fine-tuning on the traces as readers left them; the best checkpoint by held-out loss is what later stages start from. */
export function sftStage(config: StudyConfig, sft: SftConfig): Stage {
  const { lora, heldOut, ...settings } = sft;
  return {
    name: "sft",
    needs: ["model", "teach", `data ${config.cohort.source}`],
    config: { sft, ...sftSeeds(config) },
    inputs: [REVIEW_FILE],
    async run(context) {
      const written = await readTraceFile(context.path(traceFile(config.format)));
      const reviewed = applyReviews(written, await readReviews(context.path(REVIEW_FILE)));
      const { edited, setAside } = reviewed;
      await writeJsonLineFile(context.path(rejectedFile(config.format)), setAside);
      const split = splitByPatient(reviewed.traces, heldOut, config.seed);
      const { engine, info } = await context.engines.model();
      const run = await openRunFolder(context, "sft", { ...sft, ...sftSeeds(config) });
      const outcome = await trainSft({
        engine,
        runFolder: context.path(run.folder),
        adapter: { kind: "lora", ...lora },
        train: await toExamples(engine, split.train, config, context),
        validation: await toExamples(engine, split.heldOut, config, context),
        settings: { ...settings, microBatch: microBatchOfRanks(settings.microBatch, config.model.ranks) },
        seed: trainingSeed(config),
        onProgress: run.onProgress,
      });
      await engine.free({ adapter: "policy" });
      const adapter = studyPath(context, outcome.bestAdapter);
      return {
        files: [...(await run.close()), rejectedFile(config.format)],
        summary:
          `${outcome.lastStep} updates, ended by ${outcome.stopped}; best at ${outcome.bestStep} ` +
          `(held-out loss ${outcome.bestValidationLoss.toFixed(3)})` +
          (reviewed.reviewed === 0
            ? ""
            : `; ${edited.length} traces edited and ${setAside.length} rejected in review`),
        facts: {
          folder: run.folder,
          adapter,
          bestStep: outcome.bestStep,
          model: info.hash,
          train: split.train.length,
          heldOut: split.heldOut.length,
          reviews: {
            traces: written.length,
            reviewed: reviewed.reviewed,
            readers: reviewed.readers.length,
            edited: edited.length,
            rejected: setAside.length,
            ofOtherTraces: reviewed.ofOtherTraces,
          },
        },
      };
    },
  };
}

async function toExamples(
  engine: Engine,
  traces: readonly Trace[],
  config: StudyConfig,
  context: StageContext,
): Promise<SftExample[]> {
  const prompt = studyPrompt(config, config.format);
  const stale = traces.find((trace) => trace.prompt_hash !== prompt.hash);
  if (stale !== undefined)
    throw new UserError(
      `traces: ${stale.id} answers another version of the prompt ${config.format}: teach again`,
    );
  const first = traces[0];
  if (first === undefined) throw new UserError("traces: one side of the split is empty: give more traces");
  const root = radiographRoot(context, config.cohort.source);
  const radiographs = traces.map(({ image }) => ({ root, image }));
  const prepared = await prepareRadiographs(engine, radiographs, tracePrompt(first), context.onProgress);
  const tokens = await engine.tokenize(traces.map(traceCompletion));
  return traces.map(({ id }, index) => ({
    id,
    handle: prepared[index]?.handle ?? "",
    promptTokens: prepared[index]?.tokens ?? 0,
    tokens: tokens[index] ?? [],
  }));
}
