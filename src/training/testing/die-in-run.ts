import { readdirSync, writeSync } from "node:fs";
import path from "node:path";
import type { Engine } from "../../engine/engine.ts";
import { launchEngine } from "../../engine/launch-engine.ts";
import { tinyLine } from "./tiny-line.ts";
import { type RunName, TINY_IMAGES, TINY_RUNS } from "./tiny-runs.ts";
import { type Verb, watchVerbs } from "./watch-verbs.ts";

// Starts a tiny run in a process of its own and kills that process, as kill -9 does, at a chosen place:
//
//     node --import tsx die-in-run.ts RUN RUN_FOLDER START VERB COUNT
//
// The place is inside the verb's COUNT-th call: for `sample`, when the first completion has come; for `saveState`, when
// the first file lies in the unfinished checkpoint; else when the engine has done it and the trainer has not yet gone on.
// Prints a line for every update made.

const [name, runFolder, start, verb, count] = process.argv.slice(2) as [
  RunName,
  string,
  string,
  Verb,
  string,
];

const die = (): void => {
  process.kill(process.pid, "SIGKILL");
};

/** Dies as soon as something lies in an unfinished checkpoint. */
function dieInCheckpoint(): void {
  const folder = path.join(runFolder, "checkpoints");
  const partial = readdirSync(folder).find((entry) => entry.startsWith("partial-"));
  if (partial !== undefined && readdirSync(path.join(folder, partial)).length > 0) die();
  else setImmediate(dieInCheckpoint);
}

const launched = await launchEngine();
let samplings = 0;
const sampling: Engine = {
  ...launched.engine,
  sample: (request) => {
    samplings += 1;
    const mortal = verb === "sample" && samplings === Number(count);
    return launched.engine.sample(request, mortal ? die : undefined);
  },
};
const engine = watchVerbs(sampling, {
  before: (called, calls) => {
    if (called === verb && verb === "saveState" && calls === Number(count)) dieInCheckpoint();
  },
  after: (called, calls) => {
    if (called === "step") writeSync(1, "update\n");
    if (called === verb && calls === Number(count)) die();
  },
});
const examples = await tinyLine(launched.engine, TINY_IMAGES);
await TINY_RUNS[name]({ engine, examples, runFolder, start });
await launched.close();
