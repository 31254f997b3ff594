import { writeSync } from "node:fs";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { tinyLine } from "../../src/training/testing/tiny-line.ts";
import { type RunName, TINY_IMAGES, TINY_RUNS } from "../../src/training/testing/tiny-runs.ts";
import { type Verb, watchVerbs } from "../../src/training/testing/watch-verbs.ts";

// Starts a tiny run in a process of its own, which kills itself, as kill -9 does, a number of milliseconds after it has
// asked for a verb of the engine for the COUNT-th time, wherever it then is:
//
//     node --import tsx kill-in-run.ts RUN RUN_FOLDER START VERB COUNT MILLISECONDS
//
// Prints a line for every update made, and at last the verb that was being waited for, or "between".

const [name, runFolder, start, verb, count, milliseconds] = process.argv.slice(2) as [
  RunName,
  string,
  string,
  Verb,
  string,
  string,
];

const launched = await launchEngine();
let waiting = "between";
const engine = watchVerbs(launched.engine, {
  before: (called, calls) => {
    waiting = called;
    if (called !== verb || calls !== Number(count)) return;
    setTimeout(() => {
      writeSync(1, `killed ${waiting}\n`);
      process.kill(process.pid, "SIGKILL");
    }, Number(milliseconds));
  },
  after: (called) => {
    waiting = "between";
    if (called === "step") writeSync(1, "update\n");
  },
});
const examples = await tinyLine(launched.engine, TINY_IMAGES);
await TINY_RUNS[name]({ engine, examples, runFolder, start });
await launched.close();
