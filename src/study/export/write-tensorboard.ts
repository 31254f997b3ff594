import path from "node:path";
import { readJsonLines } from "../../training/json-lines.ts";
import { writeFileAtomic } from "../../util/files.ts";
import { UserError } from "../../util/user-error.ts";
import type { Study } from "../load-study.ts";
import { grpoFactsSchema, sftFactsSchema } from "../schema/facts.ts";
import { readRecord } from "../stage-record.ts";
import { eventFile, type Scalar } from "./event-file.ts";

/** TensorBoard knows event files by this part of their names. */
const FILE = "events.out.tfevents.0.chexreason";

/**
 * Writes the metrics of a study's finished trainings as TensorBoard reads them: `<out>/sft/` and `<out>/grpo/`. Gives the
 * number of scalars of each.
 * @throws UserError when nothing has been trained yet
 */
export async function writeTensorboard(study: Study, out: string): Promise<Record<string, number>> {
  const written: Record<string, number> = {};
  for (const [stage, schema] of [
    ["sft", sftFactsSchema],
    ["grpo", grpoFactsSchema],
  ] as const) {
    const record = await readRecord(study.folder, stage);
    if (record === null) continue;
    const { folder } = schema.parse(record.facts);
    const scalars = scalarsOf(await readJsonLines(path.join(study.folder, folder, "metrics.jsonl")));
    await writeFileAtomic(path.join(out, stage, FILE), eventFile(scalars));
    written[stage] = scalars.length;
  }
  if (Object.keys(written).length === 0)
    throw new UserError(
      `${study.folder} has no finished training yet: run \`chexreason sft ${study.file}\` first`,
    );
  return written;
}

/**
 * Every number of every row, tagged by the row's kind and its key. A row's step is its rollout, where it has one, or its
 * step; a list's numbers (the updates of a rollout) are averaged, what was not finite is left out.
 */
export function scalarsOf(rows: readonly unknown[]): Scalar[] {
  return rows.flatMap((row) => {
    if (!isMap(row)) return [];
    const { kind, ...values } = row;
    const step = Number(values.rollout ?? values.step ?? 0);
    return Object.entries(numbersOf(values)).map(([key, value]) => ({
      tag: `${String(kind)}/${key}`,
      step,
      value,
    }));
  });
}

function numbersOf(values: Readonly<Record<string, unknown>>, prefix = ""): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = `${prefix}${key}`;
    if (typeof value === "number" && Number.isFinite(value)) numbers[name] = value;
    else if (Array.isArray(value)) Object.assign(numbers, meansOf(value.filter(isMap), `${name}/`));
    else if (isMap(value)) Object.assign(numbers, numbersOf(value, `${name}/`));
  }
  return numbers;
}

/** Of each number that any of the maps has, the mean over those that have it. */
function meansOf(maps: readonly Record<string, unknown>[], prefix: string): Record<string, number> {
  const each = new Map<string, number[]>();
  for (const map of maps)
    for (const [key, value] of Object.entries(numbersOf(map, prefix)))
      each.set(key, [...(each.get(key) ?? []), value]);
  return Object.fromEntries(
    [...each].map(([key, values]) => [key, values.reduce((sum, value) => sum + value, 0) / values.length]),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
