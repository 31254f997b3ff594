import { describe, expect, it } from "vitest";
import type { Engine, Finish, SampleRequest } from "../engine/engine.ts";
import { LABELS } from "../labels/label.ts";
import type { GrpoExample } from "./rollout.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";
import { validateReader } from "./validate-reader.ts";

const EXAMPLES: GrpoExample[] = [
  { id: "a", patient: "1", handle: "h-a", promptTokens: 10, truth: ["Edema"] },
  { id: "b", patient: "2", handle: "h-b", promptTokens: 10, truth: ["Edema", "Fracture"] },
  { id: "c", patient: "3", handle: "h-c", promptTokens: 10, truth: ["Pneumonia"] },
  { id: "d", patient: "4", handle: "h-d", promptTokens: 10, truth: ["Pneumonia"] },
];
const SET = { examples: EXAMPLES, stated: LABELS };
const answer = (labels: string) => `<think>x</think><solution>${labels}</solution>`;

/** An engine that says these texts, one a prompt, and keeps what it was asked. */
function sayer(texts: readonly string[], finish: Finish = "stop") {
  const requests: SampleRequest[] = [];
  const engine: Engine = {
    ...scalarEngine(),
    async sample(request) {
      requests.push(request);
      return texts.map((text, prompt) => [
        { prompt, completion: 0, tokens: Array.from(text, () => 1), text, finish, logprobs: [] },
      ]);
    },
  };
  return { engine, requests };
}

const validate = (texts: readonly string[], finish?: Finish) =>
  validateReader(sayer(texts, finish).engine, "policy", SET, { maxTokens: 9, answer: "reasoned" });

describe("validateReader", () => {
  it("compares each image's answer with its own labels", async () => {
    const texts = ["Edema", "Edema", "Edema", "Pneumonia, Edema"].map(answer);
    expect(await validate(texts)).toEqual({
      jaccard: (1 + 0.5 + 0 + 0.5) / 4,
      jaccardValid: 0.5,
      failureRate: 0,
      // Edema: 2 right, 2 too many; Fracture: 1 missed; Pneumonia: 1 right, 1 missed; eleven labels without a positive.
      macroF1: (4 / 6 + 0 + 2 / 3) / 14,
      microF1: 6 / (6 + 2 + 2),
      length: texts.reduce((sum, text) => sum + text.length, 0) / 4,
    });
  });

  it("counts a failed answer 0 in one mean and leaves it out of the other", async () => {
    const read = await validate([answer("Edema"), "no idea", answer("Pneumonia"), answer("")]);
    expect(read).toMatchObject({ jaccard: 0.5, jaccardValid: 1, failureRate: 0.5 });
  });

  it("leaves out what the hospital cannot state, and counts a failed answer as one that names nothing", async () => {
    const { engine } = sayer(["Edema, Fracture", "Edema, Fracture", "Edema", ""].map(answer));
    const read = await validateReader(
      engine,
      "policy",
      { examples: EXAMPLES.map((one) => ({ ...one, truth: ["Edema"] })), stated: ["Edema", "Pneumonia"] },
      { maxTokens: 9, answer: "reasoned" },
    );
    expect(read.jaccard).toBe(3 / 4);
    expect(read.macroF1).toBeCloseTo(6 / 7 / 2, 14);
    expect(read.microF1).toBeCloseTo(6 / 7, 14);
  });

  it("reads leniently: a label in other letters counts", async () => {
    expect((await validate(["EDEMA", "edema", "-", "-"].map(answer))).jaccard).toBe((1 + 0.5) / 4);
  });

  it("says null when no answer could be read", async () => {
    const read = await validate(["", "", "", "<think>"], "length");
    expect(read).toMatchObject({ jaccard: 0, jaccardValid: null, failureRate: 1 });
  });

  it("asks greedily, once an image, of the adapter named", async () => {
    const { engine, requests } = sayer(["", "", "", ""]);
    await validateReader(engine, "policy", SET, { maxTokens: 9, answer: "reasoned" });
    expect(requests).toMatchObject([{ adapter: "policy", temperature: 0, maxTokens: 9 }]);
    expect(requests[0]?.prompts.map(({ handle, seeds }) => [handle, seeds.length])).toEqual([
      ["h-a", 1],
      ["h-b", 1],
      ["h-c", 1],
      ["h-d", 1],
    ]);
  });
});
