import { mkdtemp } from "node:fs/promises";
import path from "node:path";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";

/** Empty folders for one spec file's runs, one a call, deleted at its end. */
export function scratchFolders(): () => Promise<string> {
  const root = scratchFolder();
  return () => mkdtemp(path.join(root, "run-"));
}
