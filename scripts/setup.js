// Everything a fresh clone needs, each step skipped when it is done: node modules, then the Python environment.
// Plain JavaScript without imports from node_modules, since it runs before they exist.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = [20, 19];
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`chexreason: ${text}\n`);

/** Ends with one line: what, where, what to do. 3 is the exit code for the environment. */
const fail = (text) => {
  say(text);
  process.exit(3);
};

checkNode();
installNodeModules();
installPython();

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    fail(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE.join(".")} or newer`);
}

function installNodeModules() {
  const lockFile = path.join(root, "package-lock.json");
  if (!existsSync(lockFile)) return; // installed as a package: npm has already resolved everything
  const lock = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  const stamp = path.join(root, "node_modules/.chexreason-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing node modules (npm, about 350 MB, once)");
  // Not `npm ci`: it refuses a lock file made where the registry lacked another platform's optional binaries.
  // `--no-save` takes the locked versions just the same and leaves the lock file alone.
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
  if (npm.error) fail(`npm could not be started (${npm.error.message}): install npm and try again`);
  if (npm.status !== 0) fail(explainNpm(npm.stderr));
  writeFileSync(stamp, lock);
}

function explainNpm(output) {
  if (/ENOSPC/.test(output)) return `npm: the disk holding ${root} is full: free 1 GB and try again`;
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET/.test(output))
    return "npm: the npm registry cannot be reached: check the network or `npm config get registry`, then try again";
  const first = output.split("\n").find((line) => line.trim() !== "") ?? "no output";
  return `npm install failed in ${root}: ${first.trim()}: run \`npm install\` there to see the whole output`;
}

function installPython() {
  const installer = spawnSync(process.execPath, ["--import", "tsx", "src/engine/install-python.ts"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (installer.status !== 0) process.exit(installer.status ?? 3);
}
