import { expect, it } from "vitest";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { labelRow } from "../labels/label.ts";
import { promptByName } from "../prompts/builtin-prompts.ts";
import { labelOnlyTeacher } from "./label-only-teacher.ts";
import { writeTraces } from "./write-traces.ts";

it("writes traces that pass, for a prompt that asks for labels alone", async () => {
  const records = [exampleRecord({ labels: labelRow({ Edema: 1, "Support Devices": 1 }) })];
  const prompt = promptByName("only-label");
  const { traces } = await writeTraces(records, { prompt, provider: labelOnlyTeacher, seed: 1 });
  expect(traces[0]?.messages[1].content[0].text).toBe("<solution>Edema, Support Devices</solution>");
});
