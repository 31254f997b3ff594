import type { AnsweredCall, CallOutcome, FailedCall } from "../calls/call-outcome.ts";
import type { Clock } from "../calls/clock.ts";
import type { TeacherCall, TeacherModel } from "../calls/teacher-model.ts";

/** A model that plays outcomes in turn, then answers Edema. */
export interface ScriptedModel extends TeacherModel {
  readonly asked: readonly TeacherCall[];
}

let answers = 0;

/** A whole answer, with a number of its own. */
export function answered(changes: Partial<AnsweredCall> = {}): AnsweredCall {
  answers += 1;
  return {
    outcome: "answered",
    text: "<think>Hazy.</think><solution>Edema</solution>",
    finish: "stop",
    modelVersion: "v1",
    responseId: `answer ${answers}`,
    usage: { input: 100, output: 10 },
    ...changes,
  };
}

export const failed = (outcome: FailedCall["outcome"], retryAfterMs: number | null = null): FailedCall => ({
  outcome,
  detail: `${outcome}!`,
  retryAfterMs,
});

export function scriptedModel(
  script: (CallOutcome | ((call: TeacherCall) => CallOutcome | Promise<CallOutcome>))[],
  changes: Partial<TeacherModel> = {},
): ScriptedModel {
  const asked: TeacherCall[] = [];
  return {
    name: "scripted",
    identity: { kind: "scripted" },
    to: "nowhere",
    permit: () => ({ outcome: "allowed", because: "a spec" }),
    asked,
    async ask(call) {
      asked.push(call);
      const next = script.shift();
      return typeof next === "function" ? next(call) : (next ?? answered());
    },
    ...changes,
  };
}

/** A clock that stands still, and jumps when somebody sleeps. */
export function jumpingClock(): Clock & { readonly slept: readonly number[] } {
  let now = Date.UTC(2026, 0, 1);
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}
