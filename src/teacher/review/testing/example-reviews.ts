import { exampleRecord } from "../../../datasets/testing/example-record.ts";
import { type LabelRow, labelRow } from "../../../labels/label.ts";
import { promptByName } from "../../../prompts/builtin-prompts.ts";
import type { Trace } from "../../trace.ts";
import { wordedTeacher } from "../../worded-teacher.ts";
import { writeTraces } from "../../write-traces.ts";
import { type Review, reviewSchema } from "../review.ts";
import { traceHash } from "../trace-hash.ts";

/** One trace a row of labels, of records t0, t1, ... */
export async function exampleTraces(rows: readonly LabelRow[]): Promise<Trace[]> {
  const records = rows.map((labels, index) => exampleRecord({ id: `t${index}`, labels }));
  const settings = { prompt: promptByName("free"), provider: wordedTeacher, seed: 3 };
  return (await writeTraces(records, settings)).traces;
}

/** n traces of Edema. */
export function edemaTraces(n: number): Promise<Trace[]> {
  return exampleTraces(Array.from({ length: n }, () => labelRow({ Edema: 1 })));
}

/** A review of a trace: an acceptance on the hour, but for the changes. */
export function exampleReview(trace: Trace, reader: string, hour: number, changes: object = {}): Review {
  return reviewSchema.parse({
    schema: "chexreason.review/1",
    trace: traceHash(trace),
    reader,
    time: `2025-03-01T${String(hour).padStart(2, "0")}:00:00Z`,
    decision: "accept",
    ...changes,
  });
}
