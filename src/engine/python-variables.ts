import path from "node:path";
import { PACKAGE_ROOT } from "./package-root.ts";

/**
 * Environment variables under which every Python of ours runs: to install, to ask for versions, as the engine. All
 * three must see the same packages. Python puts the working folder first on its path, where a `random.py` of the
 * user's would stand in for the library's: PYTHONSAFEPATH leaves it out.
 */
export function pythonVariables(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: path.join(PACKAGE_ROOT, "engine"), PYTHONSAFEPATH: "1" };
}
