import os from "node:os";
import path from "node:path";

/** The user's cache folder for chexreason. */
export function cacheFolder(): string {
  // An empty variable counts as unset (XDG Base Directory Specification).
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return path.join(cache, "chexreason");
}
