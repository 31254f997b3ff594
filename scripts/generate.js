// Generates both sides of contract/engine.proto; the output is committed.
// `node scripts/generate.js --out DIR` writes under DIR instead, which is how a test finds stale code.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pythonExecutable } from "./python.js";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const flag = process.argv.indexOf("--out");
const out = flag < 0 ? root : path.resolve(process.argv[flag + 1]);
const typescriptOut = path.join(out, "src/engine/gen");
const pythonOut = path.join(out, "engine");
for (const folder of [typescriptOut, pythonOut]) mkdirSync(folder, { recursive: true });

const protoc = (...args) =>
  execFileSync(pythonExecutable(root), ["-m", "grpc_tools.protoc", ...args], { cwd: root, stdio: "inherit" });
protoc(
  "-Icontract",
  `--plugin=protoc-gen-es=${path.join(root, "node_modules/.bin/protoc-gen-es")}`,
  `--es_out=${typescriptOut}`,
  "--es_opt=target=ts,import_extension=none",
  "engine.proto",
);
// A virtual folder in the include path makes the generated Python import itself by its package's name.
protoc(
  "-Ichexengine/gen=contract",
  `--python_out=${pythonOut}`,
  `--pyi_out=${pythonOut}`,
  `--grpc_python_out=${pythonOut}`,
  "chexengine/gen/engine.proto",
);
