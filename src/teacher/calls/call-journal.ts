import { type FileHandle, mkdir, open, readFile, truncate } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { LICENCE_CLASSES } from "../../datasets/record.ts";
import { describeIssue } from "../../util/describe-issue.ts";
import { syncPath } from "../../util/files.ts";
import { UserError } from "../../util/user-error.ts";
import { CALL_FAILURES, mayBeBilled } from "./call-outcome.ts";

const count = z.int().min(0);
const usd = z.number().min(0);

const intentSchema = z.strictObject({
  type: z.literal("intent"),
  /** Number of the call, from 0. */
  call: count,
  /** Of everything that decides the answer. */
  key: z.string().min(1),
  /** Where it goes, what goes, and why that is allowed. */
  to: z.string(),
  licence: z.enum(LICENCE_CLASSES),
  because: z.string(),
  /** The most it may cost, USD. */
  reserved: usd,
  /** Date and time, ISO 8601, UTC. */
  at: z.string(),
});
const answerSchema = z.strictObject({
  type: z.literal("answer"),
  call: count,
  text: z.string(),
  finish: z.enum(["stop", "length", "declined"]),
  modelVersion: z.string().min(1),
  responseId: z.string().nullable(),
  usage: z.strictObject({ input: count.nullable(), output: count.nullable() }),
  /** USD, by the usage reported; the reservation where none was. */
  cost: usd,
});
const failureSchema = z.strictObject({
  type: z.literal("failure"),
  call: count,
  outcome: z.enum(CALL_FAILURES),
  detail: z.string(),
});
const rowSchema = z.discriminatedUnion("type", [intentSchema, answerSchema, failureSchema]);

export type CallIntent = Omit<z.infer<typeof intentSchema>, "type" | "call">;
export type StoredAnswer = Omit<z.infer<typeof answerSchema>, "type" | "call">;
export type CallFailure = Omit<z.infer<typeof failureSchema>, "type" | "call">;
type Row = z.infer<typeof rowSchema>;

/** What the calls of a journal came to. */
export interface CallTotals {
  readonly calls: number;
  readonly answers: number;
  /** Calls without a whole answer that may stand on the bill. */
  readonly lost: number;
  /** Of them, those whose question was asked again. */
  readonly possiblyPaidTwice: number;
  /** USD: answers by the usage reported, lost calls at the most they may have cost. */
  readonly spentAtMost: number;
  /** Of it, USD of lost calls. */
  readonly lostAtMost: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * The calls to a teacher, on disk: an intent before each, its answer or failure after. An answer that is stored is never
 * asked for again, and a call without an end (the process died, the line was cut) counts as paid for.
 */
export interface CallJournal {
  answerTo(key: string): StoredAnswer | undefined;
  /** Every stored answer, in the order it came. */
  answers(): IterableIterator<StoredAnswer>;
  /** Whether a stored answer has the same number from the provider and the same text. */
  holdsSame(answer: { responseId: string | null; text: string }): boolean;
  /** Resolves, with the call's number, when the intent is on the disk. */
  intend(intent: CallIntent): Promise<number>;
  /** Resolves when it is on the disk. */
  store(call: number, answer: StoredAnswer): Promise<void>;
  fail(call: number, failure: CallFailure): Promise<void>;
  totals(): CallTotals;
  close(): Promise<void>;
}

/**
 * Opens a journal, or begins one. A torn last line (a power cut) is cut off: nothing had been done on its strength, since
 * a line counts once it is synced.
 * @throws UserError naming the line that is none of a journal's
 */
export async function openCallJournal(file: string): Promise<CallJournal> {
  await mkdir(path.dirname(file), { recursive: true });
  const rows = await recover(file);
  const handle = await open(file, "a");
  await syncPath(path.dirname(file));
  const state = journalState();
  for (const row of rows) state.take(row);
  const write = groupWriter(handle);
  const append = async (row: Row): Promise<void> => {
    await write(`${JSON.stringify(row)}\n`);
    state.take(row);
  };
  let next = rows.reduce((most, row) => Math.max(most, row.call + 1), 0);
  return {
    ...state.view,
    async intend(intent) {
      const call = next++;
      await append({ type: "intent", call, ...intent });
      return call;
    },
    store(call, answer) {
      // At once: the same answer may come to two calls side by side.
      state.see(answer);
      return append({ type: "answer", call, ...answer });
    },
    fail: (call, failure) => append({ type: "failure", call, ...failure }),
    close: () => handle.close(),
  };
}

/** What a journal on disk came to; null when there is none. Nothing is written. */
export async function readCallJournal(
  file: string,
): Promise<Pick<CallJournal, "answerTo" | "totals" | "answers"> | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const state = journalState();
  for (const row of parseRows(file, text)) state.take(row);
  return state.view;
}

function journalState() {
  const intents = new Map<number, z.infer<typeof intentSchema>>();
  const lastCall = new Map<string, number>();
  const ended = new Map<number, Exclude<Row, { type: "intent" }>>();
  const answers = new Map<string, StoredAnswer>();
  const seen = new Set<string>();
  const identity = (answer: { responseId: string | null; text: string }): string =>
    JSON.stringify([answer.responseId, answer.text]);
  const see = (answer: { responseId: string | null; text: string }): void => {
    if (answer.responseId !== null) seen.add(identity(answer));
  };
  return {
    see,
    take(row: Row): void {
      if (row.type === "intent") {
        intents.set(row.call, row);
        lastCall.set(row.key, row.call);
        return;
      }
      ended.set(row.call, row);
      if (row.type === "failure") return;
      const { type: _type, call, ...answer } = row;
      const key = intents.get(call)?.key;
      if (key !== undefined && !answers.has(key)) answers.set(key, answer);
      see(answer);
    },
    view: {
      answerTo: (key: string) => answers.get(key),
      answers: () => answers.values(),
      holdsSame: (answer: { responseId: string | null; text: string }) =>
        answer.responseId !== null && seen.has(identity(answer)),
      totals(): CallTotals {
        const lost = [...intents.values()].filter(({ call }) => {
          const end = ended.get(call);
          return end === undefined || (end.type === "failure" && mayBeBilled(end.outcome));
        });
        const paid = [...ended.values()].filter((end) => end.type === "answer");
        const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
        const lostAtMost = sum(lost.map(({ reserved }) => reserved));
        return {
          calls: intents.size,
          answers: answers.size,
          lost: lost.length,
          possiblyPaidTwice: lost.filter(({ call, key }) => (lastCall.get(key) ?? call) > call).length,
          spentAtMost: sum(paid.map(({ cost }) => cost)) + lostAtMost,
          lostAtMost,
          inputTokens: sum(paid.map(({ usage }) => usage.input ?? 0)),
          outputTokens: sum(paid.map(({ usage }) => usage.output ?? 0)),
        };
      },
    },
  };
}

/** The whole lines of a journal; what follows the last of them is cut off. */
async function recover(file: string): Promise<Row[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new UserError(`journal ${file} cannot be read: ${error.message}`, 1, { cause: error });
  });
  if (bytes === null) return [];
  const whole = bytes.lastIndexOf("\n") + 1;
  if (whole < bytes.length) {
    await truncate(file, whole);
    await syncPath(file);
  }
  return parseRows(file, bytes.subarray(0, whole).toString("utf8"));
}

function parseRows(file: string, text: string): Row[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, index) => {
      const refuse = (why: string) =>
        new UserError(
          `journal ${file}, line ${index + 1}: ${why}; mend the line, or lose its call by removing it`,
        );
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        throw refuse("not JSON");
      }
      const { data, error } = rowSchema.safeParse(value);
      if (error !== undefined) throw refuse(describeIssue(error, "the line"));
      return data;
    });
}

/** Appends with one fsync for all that waits: calls side by side share it. */
function groupWriter(handle: FileHandle): (text: string) => Promise<void> {
  let waiting: { text: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let writing = false;
  /** After a failed write the file may end in half a line: nothing more is written behind it. */
  let broken: unknown = null;
  const drain = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        if (broken !== null) throw broken;
        await handle.appendFile(group.map(({ text }) => text).join(""));
        await handle.sync();
        for (const { resolve } of group) resolve();
      } catch (error) {
        broken = error;
        for (const { reject } of group) reject(error);
      }
    }
    writing = false;
  };
  return (text) =>
    new Promise((resolve, reject) => {
      waiting.push({ text, resolve, reject });
      if (!writing) void drain();
    });
}
