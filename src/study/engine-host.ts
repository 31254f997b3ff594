import path from "node:path";
import type { Engine, ModelInfo } from "../engine/engine.ts";
import { type LaunchedEngine, type LaunchOptions, launchEngine } from "../engine/launch-engine.ts";
import type { Study } from "./load-study.ts";
import { localModelFolder } from "./model-source.ts";
import type { StudyConfig } from "./schema/study.ts";

/** Starts the engine when a stage first needs it, with the study's model loaded, and keeps it for the stages after. */
export interface EngineHost {
  model(): Promise<{ engine: Engine; info: ModelInfo }>;
  /** Starts a second engine, with another model in it; `close` stops it earlier than the host's own. */
  another(model: StudyConfig["model"]): Promise<OwnEngine>;
  close(): Promise<void>;
}

export interface OwnEngine {
  readonly engine: Engine;
  readonly info: ModelInfo;
  close(): Promise<void>;
}

export function engineHost(study: Study, options: LaunchOptions): EngineHost {
  let launched: Promise<{ launched: LaunchedEngine; info: ModelInfo }> | null = null;
  const others: LaunchedEngine[] = [];
  const launch = async (model = study.config.model) => {
    const logFolder = path.join(study.folder, "logs");
    const engine = await launchEngine({ logFolder, ...options, ranks: model.ranks });
    try {
      const info = await engine.engine.load(loadOptions(study, model));
      const { kernels } = await engine.engine.describe();
      const [, why] = /^none: (.*)/.exec(kernels) ?? [];
      if (why !== undefined)
        options.say?.(
          `the engine goes on without compiled kernels, which make a small model up to twice as quick: ${why}`,
        );
      return { launched: engine, info };
    } catch (error) {
      await engine.close();
      throw error;
    }
  };
  return {
    async model() {
      launched ??= launch();
      const { launched: running, info } = await launched;
      return { engine: running.engine, info };
    },
    async another(model) {
      const { launched: own, info } = await launch(model);
      others.push(own);
      return { engine: own.engine, info, close: () => own.close() };
    },
    async close() {
      await Promise.all(others.splice(0).map((own) => own.close()));
      const running = await launched?.catch(() => null);
      launched = null;
      await running?.launched.close();
    },
  };
}

function loadOptions(study: Study, model: StudyConfig["model"]) {
  const { source, revision, ranks: _, ...rest } = model;
  return {
    ...rest,
    source: localModelFolder({ file: study.file, config: { ...study.config, model } }) ?? source,
    ...(revision === undefined ? {} : { revision }),
    seed: study.config.seed,
    featureCache: path.join(study.folder, "cache/features"),
  };
}
