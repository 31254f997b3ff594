import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { imageRecordSchema } from "../../datasets/record-schema.ts";
import { promptByName } from "../../prompts/builtin-prompts.ts";
import { openCallJournal } from "../calls/call-journal.ts";
import { calledTeacher } from "../calls/called-teacher.ts";
import { openaiCompatibleProvider } from "../providers/openai-compatible.ts";
import { sdkModel } from "../providers/sdk-model.ts";
import { teacherKey } from "../teacher-key.ts";
import { teacherText } from "../teacher-text.ts";
import { writeTraceFile } from "../trace-file.ts";
import { writeTraces } from "../write-traces.ts";
import { callingSettings } from "./calling-settings.ts";

// A run of the teacher in a process of its own, to be killed from outside:
//
//     TEACHER_KEY=... node --import tsx teach-run.ts FOLDER ENDPOINT CAP
//
// FOLDER holds records.json and the pictures; journal.jsonl and, at the end, traces.jsonl are written there.

const [folder = "", endpoint = "", cap = ""] = process.argv.slice(2);
const records = z
  .array(imageRecordSchema)
  .parse(JSON.parse(readFileSync(path.join(folder, "records.json"), "utf8")));
const settings = callingSettings(endpoint, {
  keyVariable: "TEACHER_KEY",
  spendingCap: Number(cap),
  calls: { tries: 8, backOffMs: 2, deadlineSeconds: 1, longestWaitSeconds: 60 },
});
const journal = await openCallJournal(path.join(folder, "journal.jsonl"));
const model = sdkModel(openaiCompatibleProvider, settings, teacherKey(settings.keyVariable));
const provider = calledTeacher(model, journal, { ...settings, root: folder, text: teacherText() });
const { concurrency, retries } = settings;
const { traces, setAside } = await writeTraces(records, {
  prompt: promptByName("free"),
  provider,
  seed: 1,
  concurrency,
  retries,
});
await journal.close();
await writeTraceFile(path.join(folder, "traces.jsonl"), traces);
process.stdout.write(`${JSON.stringify({ traces: traces.length, setAside, totals: journal.totals() })}\n`);
