import path from "node:path";
import type { GreyImage } from "../../images/decode.ts";
import { decodeImage } from "../../images/decode.ts";
import { ImageError } from "../../images/image-error.ts";
import { hashBytes } from "../../util/files.ts";
import { randomStream } from "../../util/random.ts";
import { UserError } from "../../util/user-error.ts";
import {
  NoAnswer,
  type TeacherAnswer,
  type TeacherProvider,
  type TeacherRequest,
} from "../teacher-provider.ts";
import { type TeacherQuestion, teacherQuestion } from "../teacher-question.ts";
import type { TeacherText } from "../teacher-text.ts";
import { backOffMs } from "./back-off.ts";
import type { CallJournal, StoredAnswer } from "./call-journal.ts";
import type { AnsweredCall, FailedCall } from "./call-outcome.ts";
import { type CallPricing, priceAtMost, pricePaid } from "./call-price.ts";
import { type Clock, pauseGate, systemClock } from "./clock.ts";
import { spendingCap } from "./spending-cap.ts";
import type { TeacherModel } from "./teacher-model.ts";

/** Limits met in a row, without an answer between, after which waiting is no use. */
const MOST_LIMITS_IN_A_ROW = 50;
/** Images in a row without an answer, after which it is not the images' fault. */
const MOST_UNANSWERED_IN_A_ROW = 5;
const SEED_VALUES = 2 ** 31;

export interface CalledTeacherSettings extends CallPricing {
  /** Folder that the records' image paths are relative to. */
  readonly root: string;
  readonly text: TeacherText;
  readonly modelVersion: string | null;
  readonly spendingCap: number | null;
  readonly calls: {
    readonly tries: number;
    readonly backOffMs: number;
    readonly longestWaitSeconds: number;
  };
  readonly clock?: Clock;
}

/** Thrown for an image whose turn came after the run was stopped by another. */
class Stopped extends Error {}

/** The key of a request: a hash of everything that decides its answer. Equal keys are never paid for twice. */
export function callKey(
  model: Pick<TeacherModel, "identity">,
  request: TeacherRequest,
  text: TeacherText,
): string {
  const { record, labels, prompt, seed, attempt = 0, remark = null } = request;
  const { site, id, image } = record;
  return hashBytes(
    JSON.stringify([model.identity, text.hash, prompt.hash, site, id, image, labels, seed, attempt, remark]),
  ).slice(0, 32);
}

/**
 * A teacher that is called: every call is announced in the journal before it is made and booked after, within the spending
 * cap; a stored answer is given back without a call. Failed calls are tried again with growing pauses, or when the
 * provider says. Not covered: a picture that was changed under its name keeps its stored answer.
 */
export function calledTeacher(
  model: TeacherModel,
  journal: CallJournal,
  settings: CalledTeacherSettings,
): TeacherProvider {
  const { text, clock = systemClock } = settings;
  const cap = spendingCap(settings.spendingCap, journal.totals().spentAtMost);
  const gate = pauseGate(clock);
  const most = { input: 0, output: 0 };
  for (const { usage } of journal.answers()) noteUsage(most, usage);
  const inARow = { limits: 0, unanswered: 0 };

  /** One call, from its reservation to its end in the journal. */
  async function call(
    request: TeacherRequest,
    question: TeacherQuestion,
    picture: GreyImage,
    key: string,
    because: string,
  ): Promise<StoredAnswer | (FailedCall & { call: number })> {
    const { licence } = request.record;
    const reserved = priceAtMost(question, settings, most);
    if ((await cap.reserve(reserved)) === "refused")
      throw overCap(settings.spendingCap, cap.spent(), reserved);
    let cost = 0;
    try {
      // The wait for room may have been long.
      if (request.stop?.aborted === true) throw new Stopped("stopped");
      cost = reserved;
      const at = new Date(clock.now()).toISOString();
      const number = await journal.intend({ key, to: model.to, licence, because, reserved, at });
      const seed = randomStream(request.seed, "teacher", key).integer(SEED_VALUES);
      const outcome = await model.ask({ ...question, picture, licence, seed });
      if (outcome.outcome === "answered" && !journal.holdsSame(outcome)) {
        noteUsage(most, outcome.usage);
        cost = pricePaid(outcome.usage, settings) ?? reserved;
        const answer = storedAnswer(outcome, cost);
        await journal.store(number, answer);
        return answer;
      }
      const failure: FailedCall =
        outcome.outcome === "answered"
          ? { outcome: "duplicate", detail: "the answer of an earlier call came again", retryAfterMs: null }
          : outcome;
      const mayBePaid = failure.outcome === "lost" || failure.outcome === "duplicate";
      if (!mayBePaid) cost = 0;
      await journal.fail(number, { outcome: failure.outcome, detail: failure.detail });
      return { ...failure, call: number };
    } finally {
      cap.settle(reserved, cost);
    }
  }

  /** How long to wait before the next try. */
  function pauseMs(failure: FailedCall & { call: number }, tried: number, seed: number): number {
    const stream = randomStream(seed, "back-off", failure.call);
    const own = backOffMs(settings.calls.backOffMs, tried, stream);
    const asked = failure.retryAfterMs ?? own;
    if (asked > settings.calls.longestWaitSeconds * 1000)
      throw new UserError(
        `teacher ${model.name} asks to wait ${Math.ceil(asked / 1000)} s (${failure.detail}), longer than ` +
          "teacher.calls.longestWaitSeconds: run again later, no stored answer is asked for again",
      );
    return asked;
  }

  async function ask(request: TeacherRequest, key: string, because: string): Promise<StoredAnswer> {
    const question = teacherQuestion(request, text);
    const picture = await openPicture(path.join(settings.root, request.record.image));
    for (let tried = 1; ; ) {
      await gate.pass(request.stop);
      if (request.stop?.aborted === true) throw new Stopped("stopped");
      const result = await call(request, question, picture, key, because);
      if ("text" in result) {
        inARow.limits = 0;
        inARow.unanswered = 0;
        return result;
      }
      const { outcome, detail } = result;
      if (outcome === "refused") throw new UserError(`teacher ${model.name} refuses: ${detail}`);
      if (outcome === "declined") throw new NoAnswer("declined", detail);
      if (outcome === "rate-limited") {
        inARow.limits += 1;
        if (inARow.limits >= MOST_LIMITS_IN_A_ROW)
          throw new UserError(
            `teacher ${model.name} limited ${inARow.limits} calls in a row (${detail}): lower teacher.concurrency, or run ` +
              "again later",
          );
        gate.shut(pauseMs(result, Math.min(inARow.limits, settings.calls.tries), request.seed));
        continue;
      }
      if (tried >= settings.calls.tries) {
        inARow.unanswered += 1;
        if (inARow.unanswered >= MOST_UNANSWERED_IN_A_ROW)
          throw new UserError(
            `teacher ${model.name} gave no answer for ${inARow.unanswered} images in a row (${detail}): see that it runs, ` +
              "then run again; no stored answer is asked for again",
          );
        throw new NoAnswer("no answer", `after ${tried} tries: ${detail}`);
      }
      await clock.sleep(pauseMs(result, tried, request.seed), request.stop);
      tried += 1;
    }
  }

  return {
    name: model.name,
    modelVersion: settings.modelVersion,
    instructionHash: text.hash,
    async write(request): Promise<TeacherAnswer> {
      const key = callKey(model, request, text);
      let answer = journal.answerTo(key);
      if (answer === undefined) {
        const permission = model.permit(request.record.licence);
        if (permission.outcome === "refused") throw new UserError(permission.because, 2);
        answer = await ask(request, key, permission.because);
      }
      const { finish, modelVersion } = answer;
      if (finish === "declined") throw new NoAnswer("declined", "held back by the provider's filter");
      return { text: answer.text, finish, modelVersion };
    },
  };
}

function noteUsage(most: { input: number; output: number }, usage: StoredAnswer["usage"]): void {
  most.input = Math.max(most.input, usage.input ?? 0);
  most.output = Math.max(most.output, usage.output ?? 0);
}

function storedAnswer(answer: AnsweredCall, cost: number): StoredAnswer {
  const { outcome: _outcome, ...rest } = answer;
  return { ...rest, cost };
}

async function openPicture(file: string): Promise<GreyImage> {
  try {
    return await decodeImage(file);
  } catch (error) {
    if (error instanceof ImageError) throw new NoAnswer("unreadable image", error.message);
    throw error;
  }
}

function overCap(cap: number | null, spent: number, next: number): UserError {
  return new UserError(
    `teacher.spendingCap is ${cap} USD: ${spent.toFixed(4)} USD may be spent, and the next call may cost ` +
      `${next.toFixed(4)} USD more; raise it and run again, no stored answer is asked for again`,
  );
}
