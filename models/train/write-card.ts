import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";
import { LABELS } from "../../src/labels/label.ts";
import { type PhantomScores, readPhantomScores } from "./phantom-scores.ts";
import { readTrainingNote, type TrainingNote } from "./save-model.ts";

/**
 * Writes the model card of a phantom model from `card/training.json`, `card/scores.json` and the calibration's results, so that
 * no number in it is copied by hand:
 *
 *     node --import tsx models/train/write-card.ts phantom-gemma3
 */
interface About {
  readonly title: string;
  readonly text: string;
}

const ABOUT: Readonly<Record<string, About>> = {
  "phantom-gemma3": {
    title: "phantom-gemma3: the stand-in for MedGemma",
    text: `A real Gemma 3 folder (SigLIP tower, projector, language model, tokenizer, processor; bfloat16) of a
million parameters, for the phantom study only. It is pre-trained from random weights on the **true findings** of drawn
radiographs at a neutral site, which has every hospital's style, no planted shortcut, and patients of its own. Then it
met every built-in prompt there, answered from the true findings; prompts that are no fine-tuning format were answered
with the concise reading.

It keeps the answer form and sees moderately, which is its purpose: fine-tuning and reinforcement must have something
left to gain. Its tower is frozen from here on.

**It is not** a medical model. It has seen no radiograph of a person, knows some hundred sentences, and must not be
used on anything but the phantoms.`,
  },
  "phantom-qwen2_5_vl": {
    title: "phantom-qwen2_5_vl: the stand-in for a general model",
    text: `A real Qwen2.5-VL folder (windowed tower, three-dimensional positions, tokenizer, processor; bfloat16) of a
million parameters, for the phantom study only. It is pre-trained from random weights on plain shapes: discs, rings,
bars, gratings and the like, up to three in a picture, which it describes, names, counts and places. Then,
still beside pictures of shapes, it wrote pieces of readings and whole answers to labels that were drawn at random, so
that it knows their words and their form and not what any of them looks like. It has never seen a chest, drawn or real,
nor the study's prompts.

**It is not** a medical model, nor a useful general one. The scores below are of a model asked about something that it
was never shown: that every answer fails is the expected result, and fine-tuning starts from there.`,
  },
};

const calibrationSchema = z.looseObject({
  macroF1: z.number(),
  labels: z.record(z.string(), z.looseObject({ f1: z.number() })),
});
type Calibration = z.infer<typeof calibrationSchema>;

const model = process.argv[2] ?? "";
const about = ABOUT[model];
if (about === undefined) throw new Error(`name one of ${Object.keys(ABOUT).join(", ")}`);
const folder = path.join(PACKAGE_ROOT, "models", model);
const [training, scores, oracle, linear] = await Promise.all([
  readTrainingNote(folder),
  readPhantomScores(folder),
  readCalibration("oracle"),
  readCalibration("linear"),
]);
const parts = [`# ${about.title}`, about.text, how(training), sites(scores), labels(scores), prompts(scores)];
await writeFile(path.join(folder, "README.md"), `${parts.join("\n\n")}\n`);

async function readCalibration(name: string): Promise<Calibration> {
  const file = path.join(PACKAGE_ROOT, `models/calibration/results/${name}.json`);
  return calibrationSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

function how(note: TrainingNote): string {
  const rows = note.stages.map((stage) => [
    stage.name,
    stage.lessons,
    stage.updates,
    stage.batch,
    stage.learningRate,
    stage.validationLoss,
  ]);
  return `## How it was made
By the project's own training loop, all weights trainable:

    ${note.command}

${table(["stage", "lessons", "updates", "batch", "peak learning rate", "validation loss (nats a token)"], rows)}

- Seed ${note.seed}; ${note.parameters.toLocaleString("en")} parameters.
- SHA-256 of \`model.safetensors\`: \`${note.sha256}\`
- ${Object.entries(note.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}, on a CPU. Other versions or machines may round otherwise and give other bytes.`;
}

function sites({ sites, seed, prompt }: PhantomScores): string {
  const rows = Object.entries(sites).flatMap(([site, { trueFindings, hospitalsLabels }]) => [
    [
      site,
      "true findings",
      trueFindings.n,
      trueFindings.failed,
      interval(trueFindings.macroF1),
      two(trueFindings.alwaysMacroF1),
    ],
    [
      site,
      "hospital's labels",
      hospitalsLabels.n,
      hospitalsLabels.failed,
      interval(hospitalsLabels.macroF1),
      two(hospitalsLabels.alwaysMacroF1),
    ],
  ]);
  return `## On unseen phantoms
Pictures of seed ${seed}, the prompt \`${prompt}\`, greedy decoding; a failed answer counts as empty. Intervals: 95 %,
bootstrap over patients. \`phantom-nih\` states nine labels. Scores: \`card/scores.json\`, by \`models/train/score-model.ts\`.

${table(["site", "compared with", "pictures", "failed", "macro-F1", "always-positive"], rows)}`;
}

function labels({ sites }: PhantomScores): string {
  const names = Object.keys(sites);
  const rows = LABELS.map((label) => [
    label,
    ...names.map((name) => two(sites[name]?.trueFindings.labels[label]?.f1)),
    two(oracle.labels[label]?.f1),
    two(linear.labels[label]?.f1),
  ]);
  const macro = names.map((name) => two(sites[name]?.trueFindings.macroF1.value));
  rows.push(["**macro**", ...macro, two(oracle.macroF1), two(linear.macroF1)]);
  return `## F1 by finding, against the true findings
The last two columns are the ends of the scale: a convolutional network and a linear reader of 32 x 32 pixels, both
trained for the task on the neutral site, with the threshold of each label chosen for F1 (\`models/calibration\`).

${table(["label", ...names, "oracle", "linear"], rows)}`;
}

function prompts({ prompts }: PhantomScores): string {
  const rows = Object.entries(prompts).map(([name, { n, failed, macroF1 }]) => [
    name,
    n,
    failed,
    interval(macroF1),
  ]);
  return `## By prompt, on phantom-chexpert against its labels

${table(["prompt", "pictures", "failed", "macro-F1"], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function two(value: number | null | undefined): string {
  return value === null || value === undefined ? "-" : value.toFixed(2);
}

function interval({
  value,
  low,
  high,
}: {
  value: number | null;
  low: number | null;
  high: number | null;
}): string {
  return `${two(value)} [${two(low)}, ${two(high)}]`;
}
