import { stringify } from "yaml";
import { choiceText } from "../../evaluation/best-of.ts";
import type { RemarkedRow } from "../../evaluation/results-table.ts";
import { formatEstimate } from "../../report/format-estimate.ts";
import { changedSettings } from "../changed-settings.ts";
import type { Study } from "../load-study.ts";
import type { StageRecord } from "../stage-record.ts";
import type { StudyModel } from "../study-model.ts";
import { trainingSeed } from "../training-seed.ts";

/** What a card says beside the recipe. */
export interface CardInput {
  readonly study: Study;
  readonly model: Exclude<StudyModel, "base">;
  /** The stages that the model is made of, with the hashes of what they read and left. */
  readonly records: readonly StageRecord[];
  /** Of the whole study; none when it has not been evaluated. */
  readonly rows: readonly RemarkedRow[];
  /** A merged model beside the adapter that it comes from; null for an adapter. */
  readonly merge: MergeDifference | null;
}

/** How far a merged model's log-probabilities lie from the adapter's, in nats. */
export interface MergeDifference {
  readonly dtype: string;
  readonly tokens: number;
  readonly mean: number;
  readonly max: number;
}

/** The model card as Markdown: what it is, what it is not, how it was made, from what, and how it reads. */
export function modelCard({ study, model, records, rows, merge }: CardInput): string {
  const { config } = study;
  const training = trainingSeed(config);
  const own = rows.filter((row) => row.model === model && row.labels === "all");
  const results =
    own.length === 0
      ? "Not evaluated yet.\n"
      : `Intervals: 95 %, bootstrap over patients.

| test set | images | failed | macro-F1 | micro-F1 |
| --- | --- | --- | --- | --- |
${own
  .map(
    (row) =>
      `| ${row.data} | ${row.n} | ${formatEstimate(row.failureRateInterval)} | ${formatEstimate(row.macroF1)} | ${formatEstimate(row.microF1)} |`,
  )
  .join("\n")}
${remarks(own)}`;
  const changed = changedSettings(config).map(
    ({ setting, paper, here, why }) => `| ${setting} | ${paper} | ${here} | ${why} |`,
  );
  return `---
base_model: ${config.model.source}
library_name: ${merge === null ? "peft" : "transformers"}
tags: [chexreason, chest-x-ray]
---

# ${config.name}: ${model}

${config.title ?? ""}

**Not a medical device.** It must not be used on patients.

${merge === null ? "A LoRA in PEFT's layout: it loads on the base model above." : mergeText(merge)}

## Results
${results}
## How it was made
${model === "sft" ? "Supervised fine-tuning" : "Supervised fine-tuning, then GRPO"} by chexreason, seed ${config.seed}${training === config.seed ? "" : `, training seed ${training}`}. Settings that differ from the paper's
(arXiv 2512.23090):

| setting | paper | here | why |
| --- | --- | --- | --- |
${changed.join("\n")}

## From what
SHA-256 of what each stage left. A hash stands for all that the stage read as well.

| stage | hash | files |
| --- | --- | --- |
${records.map(({ name, hash, files }) => `| ${name} | ${hash} | ${Object.keys(files).length} |`).join("\n")}

## Not verified
${config.notes.map((note) => `- ${note}`).join("\n")}

## The whole recipe
\`\`\`yaml
${stringify({ ...config, folder: undefined, variants: undefined })}\`\`\`
`;
}

/** What has to be known beside the numbers: what the model may have met, and what it was picked among. */
function remarks(rows: readonly RemarkedRow[]): string {
  const met = rows.flatMap(({ data, contaminations }) =>
    contaminations.map((text) => `On ${data}: ${text}.`),
  );
  const picked = rows.flatMap(({ bestOf }) =>
    (bestOf?.choices ?? []).map((choice) => `${choiceText(choice, choice.model)}.`),
  );
  const lines = [...new Set([...met, ...picked])].map((line) => `- ${line}\n`);
  return lines.length === 0 ? "" : `\n${lines.join("")}`;
}

function mergeText({ dtype, tokens, mean, max }: MergeDifference): string {
  return `The LoRA is merged into the base model, computed in float32 and stored as ${dtype}. On ${tokens} tokens of answers to drawn
pictures its log-probabilities lie ${mean.toExponential(2)} nats from the unmerged model's on average, at most ${max.toExponential(2)}.`;
}
