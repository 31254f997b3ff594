import { existsSync, readFileSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** A watch over the sidecars of true findings, for as many runs of the command line as are given `env`. */
export interface SidecarWatch {
  readonly env: Readonly<Record<string, string>>;
  /** Calls of node:fs with a path in a sidecar since the last `clear`, "readFile", "open", ... */
  opened(): { readonly call: string; readonly file: string }[];
  clear(): void;
}

const PRELOADED = new URL("./watch-sidecar.mjs", import.meta.url);

/** @param log a file to write to */
export function sidecarWatch(log: string): SidecarWatch {
  return {
    env: { NODE_OPTIONS: `--import=${pathToFileURL(PRELOADED.pathname).href}`, CHEXREASON_SIDECAR_LOG: log },
    opened() {
      if (!existsSync(log)) return [];
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      return lines.map((line) => {
        const [call = "", file = ""] = line.split("\t");
        return { call, file };
      });
    },
    clear: () => rmSync(log, { force: true }),
  };
}
