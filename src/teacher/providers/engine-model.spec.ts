import { describe, expect, it } from "vitest";
import type { Engine, PromptInput, SampledCompletion, SampleRequest } from "../../engine/engine.ts";
import { callingSettings } from "../testing/calling-settings.ts";
import { engineModel } from "./engine-model.ts";

const settings = callingSettings("http://127.0.0.1", { model: "medgemma", temperature: 0.5, maxTokens: 77 });
const picture = { width: 1, height: 1, channels: 1, pixels: new Uint8Array(1) } as const;
const call = (user: string, seed = 1) =>
  ({ system: "be careful", user, picture, licence: "credentialed", seed }) as const;

/** The two verbs that are used, noting what came. */
function fakeEngine(finish: "stop" | "length" = "stop") {
  const prepared: (readonly PromptInput[])[] = [];
  const sampled: SampleRequest[] = [];
  const engine: Pick<Engine, "prepare" | "sample"> = {
    async prepare(prompts) {
      prepared.push(prompts);
      return prompts.map((_, n) => ({ handle: `h${n}`, tokens: 50, imageTokens: 16, featuresCached: false }));
    },
    async sample(request) {
      sampled.push(request);
      return request.prompts.map(({ handle }, prompt): SampledCompletion[] => [
        { prompt, completion: 0, tokens: [1, 2, 3], text: `by ${handle}`, finish, logprobs: [] },
      ]);
    },
  };
  return { engine: engine as Engine, prepared, sampled };
}

describe("engineModel", () => {
  it("asks the base model with the picture, instructions and question in one turn", async () => {
    const { engine, prepared, sampled } = fakeEngine();
    const outcome = await engineModel(engine, "hash", settings).ask(call("what?"));
    expect(prepared[0]?.[0]).toEqual({
      messages: [{ role: "user", parts: [{ image: 0 }, { text: "be careful\n\nwhat?" }] }],
      images: [picture],
    });
    expect(sampled[0]).toMatchObject({ adapter: "", temperature: 0.5, maxTokens: 77, topP: 1 });
    expect(outcome).toEqual({
      outcome: "answered",
      text: "by h0",
      finish: "stop",
      modelVersion: "hash",
      responseId: null,
      usage: { input: 50, output: 3 },
    });
  });

  it("samples together what waits together, each call by its own seed", async () => {
    const { engine, sampled } = fakeEngine("length");
    const model = engineModel(engine, "hash", settings);
    const outcomes = await Promise.all([
      model.ask(call("a", 1)),
      model.ask(call("b", 2)),
      model.ask(call("c", 1)),
    ]);
    expect(sampled).toHaveLength(1);
    const seeds = sampled[0]?.prompts.map((prompt) => prompt.seeds[0]);
    expect(seeds?.[0]).toBe(seeds?.[2]);
    expect(seeds?.[0]).not.toBe(seeds?.[1]);
    expect(outcomes.map((outcome) => "text" in outcome && [outcome.text, outcome.finish])).toEqual([
      ["by h0", "length"],
      ["by h1", "length"],
      ["by h2", "length"],
    ]);
    await model.ask(call("d"));
    expect(sampled).toHaveLength(2);
  });

  it("passes an engine's failure on to every call of the batch, and takes the next", async () => {
    const { engine } = fakeEngine();
    let fail = true;
    const breaking = {
      ...engine,
      prepare: (prompts: readonly PromptInput[]) =>
        fail ? Promise.reject(new Error("died")) : engine.prepare(prompts),
    };
    const model = engineModel(breaking, "hash", settings);
    const both = await Promise.allSettled([model.ask(call("a")), model.ask(call("b"))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fail = false;
    expect(await model.ask(call("c"))).toMatchObject({ outcome: "answered" });
  });

  it("lets every licence class in, since nothing leaves", () => {
    const { engine } = fakeEngine();
    expect(engineModel(engine, "hash", settings).permit("credentialed").outcome).toBe("allowed");
  });
});
