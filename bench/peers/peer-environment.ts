import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../../src/engine/cache-folder.ts";
import { COMPLETE_MARK, installEnvironment } from "../../src/engine/install-environment.ts";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";

/**
 * The Python with TRL: `given`, or one made in the cache folder from bench/peers/requirements.lock, once.
 * @throws UserError (exit code 3) naming a missing Python, a full disk or an unreachable registry
 */
export async function peerEnvironment(
  given: string | undefined,
  say: (line: string) => void,
): Promise<string> {
  if (given !== undefined && given !== "") return given;
  const lock = path.join(PACKAGE_ROOT, "bench/peers/requirements.lock");
  const locks = [lock, path.join(PACKAGE_ROOT, "engine/requirements.lock")];
  const digest = createHash("sha256");
  for (const file of locks) digest.update(await readFile(file));
  const folder = path.join(cacheFolder(), `peers-${digest.digest("hex").slice(0, 12)}`);
  const executable = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  await mkdir(path.dirname(folder), { recursive: true });
  if (!existsSync(path.join(folder, COMPLETE_MARK))) await installEnvironment(folder, executable, lock, say);
  return executable;
}
