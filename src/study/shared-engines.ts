import type { LaunchOptions } from "../engine/launch-engine.ts";
import { type EngineHost, engineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";

/** One engine for studies that follow one another with the same model: it is started and loaded once. */
export interface SharedEngines {
  /** The host of a study; one with another model is closed before. */
  of(study: Study): Promise<EngineHost>;
  close(): Promise<void>;
}

/** @param start how a host is made, by default `engineHost` */
export function sharedEngines(options: LaunchOptions, start = engineHost): SharedEngines {
  let current: { readonly host: EngineHost; readonly key: string } | null = null;
  const close = async (): Promise<void> => {
    const closing = current;
    current = null;
    await closing?.host.close();
  };
  return {
    async of(study) {
      const { model, seed } = study.config;
      const key = JSON.stringify({ model, seed, file: study.file });
      if (current?.key !== key) {
        await close();
        current = { host: start(study, options), key };
      }
      return current.host;
    },
    close,
  };
}
