import path from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { PACKAGE_ROOT } from "./package-root.ts";

/**
 * Environment variables under which every Python of ours runs: to install, to ask for versions, as the engine. All
 * three must see the same packages. Python puts the working folder first on its path, where a `random.py` of the
 * user's would stand in for the library's: PYTHONSAFEPATH leaves it out. CHEXENGINE_CACHE is where the engine keeps what it
 * has compiled.
 */
export function pythonVariables(): NodeJS.ProcessEnv {
  const engine = path.join(PACKAGE_ROOT, "engine");
  return { ...process.env, PYTHONPATH: engine, PYTHONSAFEPATH: "1", CHEXENGINE_CACHE: cacheFolder() };
}
