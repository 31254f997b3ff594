import type { Engine } from "../../engine/engine.ts";
import { seed64 } from "../../util/random.ts";
import type { CallOutcome } from "../calls/call-outcome.ts";
import type { TeacherCall, TeacherModel } from "../calls/teacher-model.ts";
import type { AskingSettings } from "../teacher-settings.ts";

interface Waiting {
  readonly call: TeacherCall;
  resolve(outcome: CallOutcome): void;
  reject(error: unknown): void;
}

/**
 * The local engine as a teacher: nothing leaves this machine and nothing is paid. Instructions and question are one user
 * turn, since Gemma's chat has no other. Calls that wait together are sampled together; a completion's random numbers
 * are its own, so company changes at most the last digits of a logit.
 * @param modelHash of the model's files: its version
 */
export function engineModel(engine: Engine, modelHash: string, settings: AskingSettings): TeacherModel {
  const { model, temperature, maxTokens } = settings;
  const waiting: Waiting[] = [];
  let working = false;

  async function work(): Promise<void> {
    working = true;
    // Calls of the same turn of the event loop come together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0);
      try {
        const outcomes = await sampleTogether(batch.map(({ call }) => call));
        for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as CallOutcome);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    working = false;
  }

  async function sampleTogether(calls: readonly TeacherCall[]): Promise<CallOutcome[]> {
    const prepared = await engine.prepare(
      calls.map(({ system, user, picture }) => ({
        messages: [
          { role: "user" as const, parts: [{ image: 0 as const }, { text: `${system}\n\n${user}` }] },
        ],
        images: [picture],
      })),
    );
    const groups = await engine.sample({
      prompts: calls.map(({ seed }, index) => ({
        handle: prepared[index]?.handle ?? "",
        seeds: [seed64(seed, "teacher")],
      })),
      adapter: "",
      temperature,
      topP: 1,
      maxTokens,
    });
    return calls.map((_, index): CallOutcome => {
      const sampled = groups[index]?.[0];
      if (sampled === undefined) throw new Error(`engineModel: no completion for call ${index} of a batch`);
      return {
        outcome: "answered",
        text: sampled.text,
        finish: sampled.finish,
        modelVersion: modelHash,
        responseId: null,
        usage: { input: prepared[index]?.tokens ?? null, output: sampled.tokens.length },
      };
    });
  }

  return {
    name: `engine ${model}`,
    identity: { kind: "engine", model: modelHash, temperature, maxTokens },
    to: "engine",
    permit: () => ({ outcome: "allowed", because: "this machine" }),
    ask: (call) =>
      new Promise((resolve, reject) => {
        waiting.push({ call, resolve, reject });
        if (!working) void work();
      }),
  };
}
