import path from "node:path";
import type { Cohort } from "../cohort/cohort.ts";
import { readAnswer } from "../completions/dialects/read-answer.ts";
import { readCsv } from "../datasets/csv.ts";
import type { ImageRecord } from "../datasets/record.ts";
import { type LabelFileRow, readLabelFile } from "../evaluation/files/label-file.ts";
import { type Prediction, readPredictions } from "../evaluation/prediction-file.ts";
import type { Label } from "../labels/label.ts";
import { UserError } from "../util/user-error.ts";
import type { OutsidePredictions } from "./schema/outside.ts";

/** Names of the column with an image's id or path in a table of answers. */
const KEY_COLUMNS = ["id", "image", "Path", "Image Index", "dicom_id"];
/** CheXpert's releases differ in the first folder of their paths only. */
const RELEASE = /^CheXpert-v1\.0(?:-small)?\//;

export interface OutsideAnswers {
  /** One for each image of the set, in its order. */
  readonly predictions: readonly Prediction[];
  /** Rows of the file about other images. */
  readonly besides: number;
}

/**
 * A file of somebody's predictions as predictions of a test set. Every image of the set has to be in it, under its id or
 * its path; rows about other images are counted and left out.
 * @param stated the labels that the hospital can state: the file has to have a column for each
 * @throws UserError naming file, row and image
 */
export async function outsidePredictions(
  file: string,
  { dialect }: Pick<OutsidePredictions, "dialect">,
  cohort: Cohort,
  stated: readonly Label[],
): Promise<OutsideAnswers> {
  if (file.endsWith(".parquet")) return join(file, cohort, keyed(await readPredictions(file)));
  if (dialect !== undefined) return join(file, cohort, await readTexts(file, dialect));
  const table = await readLabelFile(file);
  const lacking = stated.find((label) => !table.labels.includes(label));
  if (lacking !== undefined)
    throw new UserError(`${file}: no column ${lacking}, which ${cohort.name} states: add it, 1 or 0`);
  return join(file, cohort, new Map(table.rows.map((row) => [row.key, answerOf(row)])));
}

type Answer = Pick<Prediction, "text" | "tokens" | "finish" | "failure" | "labels">;

function keyed(predictions: readonly Prediction[]): Map<string, Answer> {
  return new Map(predictions.map((prediction) => [prediction.id.replace(RELEASE, ""), prediction]));
}

function answerOf({ positive, failure }: LabelFileRow): Answer {
  return { text: "", tokens: 0, finish: "stop", failure, labels: positive };
}

async function readTexts(
  file: string,
  dialect: NonNullable<OutsidePredictions["dialect"]>,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  let key: string | undefined;
  await readCsv(file, ["text"], (header) => {
    key = KEY_COLUMNS.find((name) => header.has(name));
    return (row) => {
      if (key === undefined)
        throw new UserError(
          `${file}: no column says which image a row is of; call one ${KEY_COLUMNS.join(", ")}`,
        );
      if (row.problem !== null) throw new UserError(`${file}: line ${row.line}: ${row.problem}; correct it`);
      const id = row.get(key).replace(RELEASE, "");
      if (answers.has(id))
        throw new UserError(`${file}: line ${row.line}: ${id} is there twice; keep one row`);
      const text = row.get("text");
      const read = readAnswer(text, { dialect, finish: "stop" });
      answers.set(id, {
        text,
        tokens: 0,
        finish: "stop",
        failure: read.outcome === "failed" ? read.reason : null,
        labels: read.outcome === "labels" ? read.labels : null,
      });
    };
  });
  return answers;
}

function join(file: string, cohort: Cohort, answers: ReadonlyMap<string, Answer>): OutsideAnswers {
  const used = new Set<string>();
  const missing: string[] = [];
  const predictions = cohort.records.flatMap((record) => {
    const key = keysOf(record).find((candidate) => answers.has(candidate));
    const answer = key === undefined ? undefined : answers.get(key);
    if (key === undefined || answer === undefined) {
      missing.push(record.id);
      return [];
    }
    used.add(key);
    const { text, tokens, finish, failure, labels } = answer;
    const { id, patient, site } = record;
    return [{ id, patient, site, text, tokens, finish, failure, labels }];
  });
  const [first] = missing;
  if (first !== undefined)
    throw new UserError(
      `${file}: no prediction for ${first} and ${missing.length - 1} more images of ${cohort.name}: all of ${cohort.records.length} are needed, by id or path`,
    );
  return { predictions, besides: answers.size - used.size };
}

/** What a file may call an image: its id, its path, or the path from its release's folder on. */
function keysOf({ id, image }: Pick<ImageRecord, "id" | "image">): string[] {
  return [id, id.replace(RELEASE, ""), image, image.replace(RELEASE, ""), path.posix.basename(image)];
}
