import { readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { readCohort } from "../../cohort/cohort-file.ts";
import { parseCompletion } from "../../completions/parse-completion.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { prepareRadiographs } from "../../engine/prepare-radiographs.ts";
import { type LabelScoreRow, writeLabelScores } from "../../evaluation/label-score-file.ts";
import { labelScores } from "../../evaluation/label-scores.ts";
import { type Prediction, readPredictions } from "../../evaluation/prediction-file.ts";
import { byLabel } from "../../labels/label.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { openJsonLines, readJsonLines } from "../../training/json-lines.ts";
import { randomStream } from "../../util/random.ts";
import { slices } from "../../util/slices.ts";
import { UserError } from "../../util/user-error.ts";
import { modelAdapter } from "../model-adapter.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { studyPrompt } from "../study-prompt.ts";
import { type StudyReader, studyReaders } from "../study-reader.ts";
import { predictionFile } from "./predict-stage.ts";
import { radiographRoot } from "./radiograph-root.ts";
import { testSetFile } from "./test-set-stage.ts";

/** Where a reader's scores on a hospital lie: beside its answers. */
export const labelScoreFile = (reader: Pick<StudyReader, "file">, data: string): string =>
  predictionFile(reader, data).replace(/\.parquet$/, ".scores.parquet");

/** The readers of a study whose answers are scored label by label, in the order of its tables. */
export function scoredReaders(
  config: Pick<StudyConfig, "sft" | "grpo" | "format" | "evaluation">,
): StudyReader[] {
  const { labelScores: settings } = config.evaluation;
  if (settings === null) return [];
  return studyReaders(config).filter(({ id }) => settings.readers?.includes(id) ?? true);
}

/** The frozen adapter that scores. */
const SCORER = "scorer";
/** Images after which what was scored is written down; a multiple of what one Forward takes. */
const IMAGES_AT_ONCE = 32;

const journalRow = z.object({
  id: z.string(),
  patient: z.string(),
  site: z.string(),
  logOdds: z.object(byLabel(() => z.number())).nullable(),
});

/**
 * Has a model say how sure it is of each label of the answers that it gave. An interrupted stage goes on after the last
 * images that it wrote down, to the same bytes.
 */
export function labelScoresStage(config: StudyConfig, reader: StudyReader, data: string): Stage {
  const { model } = reader;
  const prompt = studyPrompt(config, reader.prompt);
  const n = config.evaluation.labelScores?.n ?? "all";
  const evaluate = model === "grpo" ? config.grpo?.evaluate : undefined;
  const read = `predict ${reader.id}@${data}`;
  return {
    name: `label-scores ${reader.id}@${data}`,
    needs: [read, "model", `test-set ${data}`, `data ${data}`, ...(model === "base" ? [] : [model])],
    config: { n, evaluate, prompt: prompt.hash, seed: config.seed },
    async run(context) {
      const { records } = await readCohort(context.path(testSetFile(data)));
      const drawn = drawImages(records, n, config.seed, data);
      const source = context.path(predictionFile(reader, data));
      const answers = new Map((await readPredictions(source)).map((answer) => [answer.id, answer]));
      const file = labelScoreFile(reader, data);
      const journalFile = context.path(`${file}.${context.hash}.jsonl`);
      const { rows, journal } = await openJournal(journalFile);
      const { engine } = await context.engines.model();
      const folder = modelAdapter(config, model, (stage) => context.result(stage).facts);
      const adapter = folder === null ? "" : SCORER;
      if (folder !== null) await engine.newAdapter(SCORER, { folder: context.path(folder) }, false);
      for (const batch of slices(drawn, IMAGES_AT_ONCE).slice(rows.length / IMAGES_AT_ONCE)) {
        const images = batch.map(({ image }) => ({ root: radiographRoot(context, data), image }));
        const prepared = await prepareRadiographs(engine, images, promptMessages(prompt));
        const asked = batch.map((record, index) => ({
          handle: prepared[index]?.handle ?? "",
          completion: completionOf(answers.get(record.id), record, source),
        }));
        const scores = await labelScores(engine, asked, { adapter });
        for (const [index, { id, patient, site }] of batch.entries()) {
          const row = { id, patient, site, logOdds: scores[index] ?? null };
          await journal.append(row);
          rows.push(row);
        }
        context.onProgress({
          done: rows.length,
          total: drawn.length,
          unit: "answers",
          note: "scoring labels",
        });
      }
      if (folder !== null) await engine.free({ adapter: SCORER });
      await writeLabelScores(context.path(file), rows);
      await rm(journalFile);
      const unread = rows.filter(({ logOdds }) => logOdds === null).length;
      return {
        files: [file],
        summary: `${rows.length} of ${records.length} answers scored label by label, ${unread} could not be read`,
        facts: { n: rows.length, of: records.length, unread },
      };
    },
  };
}

/** The images whose answers are scored, in the set's order. */
function drawImages(
  records: readonly ImageRecord[],
  n: number | "all",
  seed: number,
  data: string,
): readonly ImageRecord[] {
  if (n === "all" || n >= records.length) return records;
  const chosen = new Set(
    randomStream(seed, "label scores", data)
      .shuffle([...records])
      .slice(0, n),
  );
  return records.filter((record) => chosen.has(record));
}

/** The stored answer, read as evaluation reads it. */
function completionOf(answer: Prediction | undefined, { id }: ImageRecord, source: string) {
  if (answer === undefined) throw new UserError(`${source}: no reading of ${id}; delete it and run again`);
  const { text, finish } = answer;
  return parseCompletion(text, { finish, mode: "lenient" });
}

/** What an interrupted run wrote down, in whole batches, and the journal to go on with. */
async function openJournal(file: string) {
  const written = await readJsonLines(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const whole = written.slice(0, written.length - (written.length % IMAGES_AT_ONCE));
  const rows: LabelScoreRow[] = whole.map((row) => journalRow.parse(row));
  const text = whole.length === 0 ? "" : await readFile(file, "utf8");
  const kept = text.split("\n").slice(0, whole.length);
  const length = Buffer.byteLength(kept.map((line) => `${line}\n`).join(""));
  return { rows, journal: await openJsonLines(file, length) };
}
