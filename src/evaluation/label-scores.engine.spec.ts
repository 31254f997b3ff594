import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatCompletion } from "../completions/format-completion.ts";
import { parseCompletion } from "../completions/parse-completion.ts";
import type { Engine } from "../engine/engine.ts";
import { type LaunchedEngine, launchEngine } from "../engine/launch-engine.ts";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { drawnPrompt } from "../engine/testing/drawn-prompt.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { answerVariants, labelScores } from "./label-scores.ts";

let launched: LaunchedEngine;
let engine: Engine;

beforeAll(async () => {
  launched = await launchEngine();
  engine = launched.engine;
  const source = path.join(PACKAGE_ROOT, "models/phantom-gemma3");
  await engine.load({ source, dtype: "float32", threads: 1 });
});
afterAll(() => launched?.close());

it("scores labels behind the shared reasoning as it scores the whole answers", async () => {
  const [prompt] = await engine.prepare([drawnPrompt(1)]);
  const handle = prompt?.handle ?? "";
  const think = "The heart is enlarged.";
  const labels: Label[] = ["Cardiomegaly", "Support Devices"];
  const completion = parseCompletion(formatCompletion({ think, labels }), {
    finish: "stop",
    mode: "lenient",
  });
  const [scores] = await labelScores(engine, [{ handle, completion }], { adapter: "" });

  const completions = await engine.tokenize(answerVariants(think, labels));
  const { groups } = await engine.forward({ groups: [{ handle, completions }], adapter: "" });
  const [own = Number.NaN, ...toggled] = (groups[0] ?? []).map(({ logprob }) =>
    logprob.reduce((a, b) => a + b, 0),
  );
  expect(toggled).toHaveLength(LABELS.length);
  LABELS.forEach((label, index) => {
    const other = toggled[index] ?? Number.NaN;
    // Sums of some twenty log-probabilities in float32.
    expect(scores?.[label]).toBeCloseTo(labels.includes(label) ? own - other : other - own, 3);
  });
  expect((await engine.describe()).openTickets).toBe(0);
});
