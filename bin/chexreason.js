#!/usr/bin/env node
// Starts the command line. Plain JavaScript, since node modules may not be there yet; it fetches them then.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const loadTsx = () => import("tsx/esm/api");

const tsx = await loadTsx().catch(() => {
  const { status } = spawnSync(process.execPath, [path.join(root, "scripts/setup.js")], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 3);
  return loadTsx();
});
tsx.register();
const { main } = await import("../src/cli/main.ts");
await main(process.argv);
