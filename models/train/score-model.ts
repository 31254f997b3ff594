import path from "node:path";
import {
  PHANTOM_CHEXPERT,
  PHANTOM_MIMIC,
  PHANTOM_NEUTRAL,
  PHANTOM_NIH,
} from "../../src/datasets/phantom/sites.ts";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import type { ReadingSet } from "../../src/evaluation/reading.ts";
import { f1 } from "../../src/evaluation/scores.ts";
import { LABELS, type Label } from "../../src/labels/label.ts";
import { NIH_STATED } from "../../src/labels/nih.ts";
import { PROMPT_NAMES, promptByName } from "../../src/prompts/builtin-prompts.ts";
import { writeJsonAtomic } from "../../src/util/files.ts";
import { type PhantomScores, type ReaderScores, SCORES_FILE } from "./phantom-scores.ts";
import { readPictures } from "./read-pictures.ts";
import { sitePictures } from "./site-pictures.ts";
import { workOptions } from "./work-options.ts";

/**
 * Scores a phantom model on pictures that it has never seen, with greedy decoding, and writes `card/scores.json` into its
 * folder:
 *
 *     node --import tsx models/train/score-model.ts phantom-gemma3
 */
const SEED = 31;
const PICTURES = 400;
/** Pictures of `phantom-chexpert` that every built-in prompt is asked about. */
const PROMPT_PICTURES = 100;
const RESAMPLES = 2000;
/** The study's prompt. */
const PROMPT = "free";

const SITES = [PHANTOM_NEUTRAL, PHANTOM_MIMIC, PHANTOM_CHEXPERT, PHANTOM_NIH];

const model = process.argv[2] ?? "";
const { work, out } = workOptions(model, process.argv.slice(3));
const launched = await launchEngine();
try {
  const { engine } = launched;
  const { parameters } = await engine.load({ source: out, dtype: "float32" });
  const sites: PhantomScores["sites"] = {};
  const prompts: PhantomScores["prompts"] = {};
  for (const site of SITES) {
    const pictures = await sitePictures(site, SEED, PICTURES, path.join(work, `score-${site.name}`));
    const read = await readPictures(engine, "", promptByName(PROMPT), pictures, LABELS);
    const stated = site === PHANTOM_NIH ? NIH_STATED : LABELS;
    sites[site.name] = {
      trueFindings: scoresOf(read["true findings"]),
      hospitalsLabels: scoresOf(statedOnly(read["hospital's labels"], stated)),
    };
    console.error(
      `${site.name}: ${sites[site.name]?.trueFindings.macroF1.value?.toFixed(3)} against the truth`,
    );
    if (site !== PHANTOM_CHEXPERT) continue;
    for (const name of PROMPT_NAMES) {
      const some = pictures.slice(0, PROMPT_PICTURES);
      const answers = await readPictures(engine, "", promptByName(name), some, LABELS);
      const { n, failed, macroF1 } = scoresOf(answers["hospital's labels"]);
      prompts[name] = { n, failed, macroF1 };
    }
  }
  const scores: PhantomScores = {
    schema: "chexreason.phantom-model-scores/1",
    model,
    parameters,
    seed: SEED,
    prompt: PROMPT,
    sites,
    prompts,
  };
  await writeJsonAtomic(path.join(out, SCORES_FILE), scores);
  console.log(path.join(out, SCORES_FILE));
} finally {
  await launched.close();
}

/** The set with only the labels that the hospital can state in its truth. */
function statedOnly(set: ReadingSet, stated: readonly Label[]): ReadingSet {
  const readings = set.readings.map((reading) => ({
    ...reading,
    truth: reading.truth.filter((label) => stated.includes(label)),
  }));
  return { ...set, stated, readings };
}

function scoresOf(set: ReadingSet): ReaderScores {
  const evaluation = evaluate(set, { matched: NIH_STATED, resamples: RESAMPLES });
  const view = evaluation.views.find(
    ({ labels, closure, failed }) => labels === "all" && closure === "raw" && failed === "as-empty",
  );
  if (view === undefined) throw new Error("evaluate gave no raw view of all labels");
  const counts = evaluation.counts.raw;
  const { n } = evaluation;
  // A reader that names every label everywhere: precision is the prevalence, recall is 1.
  const always = counts.map(({ support }) => (2 * support) / (n + support));
  return {
    n,
    failed: evaluation.failed,
    macroF1: view.macro.f1,
    alwaysMacroF1: always.reduce((sum, value) => sum + value, 0) / always.length,
    labels: Object.fromEntries(
      counts.map((count) => [count.label, { f1: Number(f1(count).toFixed(3)), positives: count.support }]),
    ),
  };
}
