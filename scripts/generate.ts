// Generates both sides of contract/engine.proto; the output is committed. `--out DIR` writes under DIR instead, which
// is how test/rules/generated.spec.ts finds stale code.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensurePython, PACKAGE_ROOT } from "../src/engine/python-environment.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: PACKAGE_ROOT } } });
const typescriptOut = path.resolve(values.out, "src/engine/gen");
const pythonOut = path.resolve(values.out, "engine");
for (const folder of [typescriptOut, pythonOut]) mkdirSync(folder, { recursive: true });

const python = await ensurePython(console.error);
const protoc = (...args: string[]) =>
  execFileSync(python.executable, ["-m", "grpc_tools.protoc", ...args], {
    cwd: PACKAGE_ROOT,
    stdio: "inherit",
  });
protoc(
  "-Icontract",
  `--plugin=protoc-gen-es=${path.join(PACKAGE_ROOT, "node_modules/.bin/protoc-gen-es")}`,
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
