import { execFile } from "node:child_process";
import { chmod, cp, mkdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { build } from "esbuild";
import { PACKAGE_ROOT } from "../../../src/engine/package-root.ts";
import { ensurePython } from "../../../src/engine/python-environment.ts";

/**
 * `npm run bench:gpu`: packs the benchmark for a machine with a GPU that has Python with torch, transformers, PEFT, grpcio,
 * pandas and pyarrow, but no Node, no network and no weights. Leaves dist/bench-gpu/ and dist/bench-gpu.tar.xz (about 35
 * MB). There:
 *
 *     python3 -m tarfile -e bench-gpu.tar.xz /tmp && /tmp/bench-gpu/run.sh OUT --shape medgemma-4b
 *
 * In it: this machine's Node binary (Linux, same processor), our line bundled to two scripts, sharp, the engine, and TRL's
 * pure-Python wheels with what that machine's image lacks (downloaded here by pip). `--python-version` is that machine's
 * Python. Never run on a GPU so far.
 */
const { values: args } = parseArgs({ options: { "python-version": { type: "string", default: "3.12" } } });
const WHEELS = ["trl==1.16.0", "datasets==5.2.0", "dill==0.4.1", "multiprocess==0.70.19"];
/** The bundles lie two folders deep, as the sources they are made of, so that they find the package's root. */
const SCRIPTS = { "our-side": "bench/peers/our-side.ts", "run-packed": "bench/peers/gpu/run-packed.ts" };
/** Native, so not bundled. */
const NATIVE = [
  "sharp",
  "@img/colour",
  "@img/sharp-linux-x64",
  "@img/sharp-libvips-linux-x64",
  "detect-libc",
  "semver",
];
const RUN = `#!/bin/sh
# ./run.sh OUT --shape medgemma-4b | qwen2.5-vl-3b | tiny [--only grpo,sft]
here=$(cd "$(dirname "$0")" && pwd)
export CHEXREASON_PYTHON="\${CHEXREASON_PYTHON:-$(command -v python3)}"
exec "$here/node" "$here/src/packed/run-packed.mjs" "$@"
`;

const say = (line: string): void => void process.stderr.write(`bench:gpu: ${line}\n`);
const run = promisify(execFile);
const python = (await ensurePython(say)).executable;
const dist = path.join(PACKAGE_ROOT, "dist");
const folder = path.join(dist, "bench-gpu");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

await build({
  entryPoints: Object.entries(SCRIPTS).map(([out, source]) => ({ in: path.join(PACKAGE_ROOT, source), out })),
  outdir: path.join(folder, "src/packed"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["sharp"],
  // Some dependencies are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
for (const name of NATIVE) await copy(`node_modules/${name}`);
// The bundle looks for prompts beside itself.
await copy("src/prompts/texts", "src/packed/texts");
await copy("engine/chexengine");
await copy("engine/kernels");
for (const name of ["make_model.py", "trl_side.py", "machine_rates.py"]) await copy(`bench/peers/${name}`);
await copy("LICENSE");
await cp(process.execPath, path.join(folder, "node"));
await writeFile(path.join(folder, "run.sh"), RUN);
await chmod(path.join(folder, "run.sh"), 0o755);

say(`fetching ${WHEELS.join(", ")}`);
const pip = [
  "-m",
  "pip",
  "install",
  "--quiet",
  "--disable-pip-version-check",
  "--no-deps",
  "--only-binary=:all:",
];
const platform = ["--python-version", args["python-version"], "--target", path.join(folder, "python")];
await run(python, [...pip, ...platform, ...WHEELS]);

say("compressing");
const archive = path.join(dist, "bench-gpu.tar.xz");
await rm(archive, { force: true });
await run(python, [
  "-c",
  "import sys, tarfile; tarfile.open(sys.argv[2], 'w:xz').add(sys.argv[1], 'bench-gpu')",
  folder,
  archive,
]);
say(`${archive}: ${((await stat(archive)).size / 1e6).toFixed(0)} MB`);

async function copy(from: string, to = from): Promise<void> {
  await cp(path.join(PACKAGE_ROOT, from), path.join(folder, to), {
    recursive: true,
    filter: (source) => !/__pycache__|_test\.py$/.test(source),
  });
}
