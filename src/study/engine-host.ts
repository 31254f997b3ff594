import { existsSync } from "node:fs";
import path from "node:path";
import type { Engine, ModelInfo } from "../engine/engine.ts";
import { type LaunchedEngine, type LaunchOptions, launchEngine } from "../engine/launch-engine.ts";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";

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

function loadOptions({ config, file, folder }: Study) {
  const { source, revision, ...rest } = config.model;
  const local = path.resolve(path.dirname(file), source);
  const isLocal = existsSync(local);
  if (!isLocal && revision === undefined)
    throw new UserError(
      `${file}: model.source ${source} is no folder (looked at ${local}); for a hub id give model.revision as well`,
      2,
    );
  return {
    ...rest,
    source: isLocal ? local : source,
    ...(revision === undefined ? {} : { revision }),
    seed: config.seed,
    featureCache: path.join(folder, "cache/features"),
  };
}
