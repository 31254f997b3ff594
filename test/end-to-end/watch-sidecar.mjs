// Preloaded by `sidecar-watch.ts` into the command line and its workers: writes down every call of node:fs that is given
// a path in a phantom hospital's sidecar (`<hospital>.truth`), as a line "function<tab>path". It does not see what
// a native module opens by itself (DuckDB, sharp) or the Python engine; the study that runs with its sidecar deleted is
// the check for those.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const log = process.env.CHEXREASON_SIDECAR_LOG;
if (log === undefined) throw new Error("watch-sidecar: CHEXREASON_SIDECAR_LOG says where to write");
const append = fs.appendFileSync;

const isSidecar = (target) =>
  (typeof target === "string" || target instanceof URL || Buffer.isBuffer(target)) &&
  /\.truth(?:[\\/]|$)/.test(String(target));

for (const owner of [fs, fs.promises]) {
  for (const name of Object.keys(owner)) {
    const original = owner[name];
    // Capitals are classes.
    if (typeof original !== "function" || /^[A-Z]/.test(name)) continue;
    const paths = /^(?:rename|copyFile|cp|link)/.test(name) ? 2 : 1;
    const watched = function (...args) {
      for (const target of args.slice(0, paths)) if (isSidecar(target)) append(log, `${name}\t${target}\n`);
      return Reflect.apply(original, this, args);
    };
    Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
    owner[name] = watched;
  }
}
syncBuiltinESMExports();
