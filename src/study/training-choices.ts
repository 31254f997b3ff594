import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { Choice } from "../evaluation/transfer/patient-use.ts";
import { readJsonLines } from "../training/json-lines.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import type { GrpoConfig } from "./schema/training.ts";
import { readRecord } from "./stage-record.ts";

const factsSchema = z.looseObject({ folder: z.string() });
const validationSchema = z.looseObject({ kind: z.literal("validation"), step: z.int().optional() });
const configSchema = z.looseObject({ seed: z.int() });

/**
 * What is known to have been picked as the best of several: SFT's checkpoint by held-out loss (the adapter before training
 * is none of the candidates), GRPO's by its validation set, where the best is evaluated and not the last (the start is a
 * candidate), and what the study declares (`evaluation.chosen`).
 */
export async function trainingChoices(study: Study): Promise<Choice[]> {
  const { config } = study;
  const validations = async (stage: string): Promise<{ step?: number | undefined }[]> => {
    const folder = await runFolder(study, stage);
    if (folder === null) return [];
    const rows = await readJsonLines(path.join(folder, "metrics.jsonl"));
    return rows.flatMap((row) => validationSchema.safeParse(row).data ?? []);
  };
  const sft = (await validations("sft")).filter(({ step }) => step !== 0).length;
  const grpo = config.grpo?.evaluate === "best" ? (await validations("grpo")).length : 0;
  return [
    ...(sft > 1 ? [{ model: "sft", k: sft, of: "checkpoints, by the loss on held-out traces" }] : []),
    ...(grpo > 1 ? [{ model: "grpo", k: grpo, of: `checkpoints, by ${chosenBy(config.grpo)}` }] : []),
    ...config.evaluation.chosen,
  ];
}

/** "jaccard on the validation set and on images of phantom-nih". */
function chosenBy(grpo: GrpoConfig | null): string {
  const further = Object.keys(grpo?.validateOn ?? {}).map((data) => ` and on images of ${data}`);
  return `${grpo?.chooseBy} on the validation set${further.join("")}`;
}

/** The seed that a study's models were trained with, as their run folders say; null where nothing was trained. */
export async function trainedSeed(study: Study): Promise<number | null> {
  const folder = await runFolder(study, "sft");
  if (folder === null) return null;
  const file = path.join(folder, "config.json");
  const { data, error } = configSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (error !== undefined) throw new UserError(`${file}: ${describeIssue(error, "top level")}`);
  return data.seed;
}

/** The folder of a training stage's finished run, absolute. */
async function runFolder(study: Study, stage: string): Promise<string | null> {
  const facts = factsSchema.safeParse((await readRecord(study.folder, stage))?.facts);
  return facts.success ? path.join(study.folder, facts.data.folder) : null;
}
