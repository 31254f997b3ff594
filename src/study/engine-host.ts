import path from "node:path";
import type { Engine, ModelInfo } from "../engine/engine.ts";
import { type LaunchedEngine, type LaunchOptions, launchEngine } from "../engine/launch-engine.ts";
import type { Study } from "./load-study.ts";
import { localModelFolder } from "./model-source.ts";

/** Starts the engine when a stage first needs it, with the study's model loaded, and keeps it for the stages after. */
export interface EngineHost {
  model(): Promise<{ engine: Engine; info: ModelInfo }>;
  close(): Promise<void>;
}

export function engineHost(study: Study, options: LaunchOptions): EngineHost {
  let launched: Promise<{ launched: LaunchedEngine; info: ModelInfo }> | null = null;
  const launch = async () => {
    const engine = await launchEngine(options);
    try {
      return { launched: engine, info: await engine.engine.load(loadOptions(study)) };
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
    async close() {
      const running = await launched?.catch(() => null);
      launched = null;
      await running?.launched.close();
    },
  };
}

function loadOptions(study: Study) {
  const { source, revision, ...rest } = study.config.model;
  return {
    ...rest,
    source: localModelFolder(study) ?? source,
    ...(revision === undefined ? {} : { revision }),
    seed: study.config.seed,
    featureCache: path.join(study.folder, "cache/features"),
  };
}
