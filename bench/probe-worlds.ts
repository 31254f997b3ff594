import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../src/engine/python-environment.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { launchBeforeAndAfter } from "./probe-worlds/before-and-after.ts";
import { conventionsOf, nameCauses, reactionsOf } from "./probe-worlds/name-causes.ts";
import { summariseWorlds, type WorldResult } from "./probe-worlds/summarise-worlds.ts";
import { tryWorld } from "./probe-worlds/try-world.ts";
import { makeWorld, WORLD_KINDS, type WorldKind } from "./probe-worlds/world.ts";

/**
 * Are the probes any good? Trains the tiny model, whole, in many phantom worlds that differ in one thing, probes each model, and
 * counts what was named beside what was planted. Worlds done are kept in a file and not done again.
 *
 *     npx tsx bench/probe-worlds.ts --work /tmp/probe-worlds.jsonl
 *
 * `--part 0/2` does every second world only, so that two processes may share the work, each with a file of its own;
 * `--summarise FILE...` writes the result from such files.
 *
 * Not covered: GRPO (what it adds to a shortcut), the region probe, bigger models.
 */
/** Worlds of each kind: 60 without a shortcut, 32 for the strength that is claimed, and a few of which nothing is. */
const COUNTS: Readonly<Record<WorldKind, number>> = {
  none: 15,
  decoy: 15,
  style: 15,
  convention: 15,
  "border strong": 32,
  "border middle": 8,
  "device strong": 8,
};
/** Worlds of lower numbers were looked at while the rule was made. */
const FIRST = 2000;
/** Reactions that are kept in the results, as a share of the patients. */
const KEPT_SHARE = 0.1;
const MODEL = path.join(PACKAGE_ROOT, "models/phantom-gemma3");

const { values } = parseArgs({
  options: {
    work: { type: "string" },
    part: { type: "string", default: "0/1" },
    summarise: { type: "string", multiple: true },
  },
});

if (values.summarise !== undefined) await summarise(values.summarise.flatMap(readResults));
else if (values.work !== undefined) await tryAll(values.work, values.part);
else throw new Error("give a file for the worlds done: --work FILE");

async function tryAll(file: string, part: string): Promise<void> {
  const [own, parts] = part.split("/").map(Number);
  const done = new Set(
    (existsSync(file) ? readResults(file) : []).map(({ kind, index }) => `${kind} ${index}`),
  );
  const models = await launchBeforeAndAfter(MODEL);
  try {
    for (const [number, { kind, index }] of allWorlds().entries()) {
      if (number % (parts ?? 1) !== own || done.has(`${kind} ${index}`)) continue;
      const world = makeWorld(kind, index);
      const { switches, convention, validationLoss, markGain } = await tryWorld(MODEL, models, world);
      const result: WorldResult = {
        kind,
        index,
        mark: world.mark,
        reactions: reactionsOf(switches).filter(
          ({ more, less, patients }) => Math.abs(more - less) >= KEPT_SHARE * patients,
        ),
        conventions: conventionsOf(convention),
        markGain,
        validationLoss,
      };
      appendFileSync(file, `${JSON.stringify(result)}\n`);
      const named = nameCauses(result.reactions, result.conventions);
      console.error(`${kind} ${index}: mark gain ${markGain?.toFixed(2)}, ${JSON.stringify(named)}`);
    }
  } finally {
    await models.close();
  }
}

/** Kinds in turn, so that an interrupted run has some of each. */
function allWorlds(): { readonly kind: WorldKind; readonly index: number }[] {
  const most = Math.max(...Object.values(COUNTS));
  return Array.from({ length: most }, (_, index) =>
    WORLD_KINDS.filter((kind) => index < COUNTS[kind]).map((kind) => ({ kind, index: FIRST + index })),
  ).flat();
}

function readResults(file: string): WorldResult[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as WorldResult);
}

async function summarise(results: readonly WorldResult[]): Promise<void> {
  const rows = summariseWorlds(results);
  await writeJsonAtomic(path.join(PACKAGE_ROOT, "bench/results/probe-worlds.json"), {
    schema: "chexreason.probe-worlds/1",
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    worlds: results.length,
    rows,
    results,
  });
  for (const { planted, named } of rows) {
    const cells = Object.values(named).map(
      ({ count, worlds, low, high }) => `${count}/${worlds} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
    );
    console.log(`| ${planted} | ${cells.join(" | ")} |`);
  }
}
