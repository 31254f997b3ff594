import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { exampleRecord } from "../../datasets/testing/example-record.ts";
import { labelRow } from "../../labels/label.ts";
import { promptByName } from "../../prompts/builtin-prompts.ts";
import { hashFile } from "../../util/files.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { type Trace, traceCompletion } from "../trace.ts";
import { wordedTeacher } from "../worded-teacher.ts";
import { writeTraces } from "../write-traces.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./export-format.ts";
import { exportTraces } from "./export-traces.ts";

const folder = scratchFolder();
const prompt = promptByName("free");
let traces: Trace[] = [];

beforeAll(async () => {
  const records = [
    exampleRecord({ id: "r1", labels: labelRow({ Edema: 1 }), licence: "credentialed" }),
    exampleRecord({ id: "r2", labels: labelRow({ "No Finding": 1 }) }),
  ];
  traces = (await writeTraces(records, { prompt, provider: wordedTeacher, seed: 1 })).traces;
});

/** TRL's documentation, "Dataset formats and types": prompt-completion, conversational, with pictures. */
const trlContent = z
  .array(
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("image") }),
      z.strictObject({ type: z.literal("text"), text: z.string() }),
    ]),
  )
  .min(1);
const trlRow = z.strictObject({
  prompt: z.tuple([z.strictObject({ role: z.literal("user"), content: trlContent })]),
  completion: z.tuple([z.strictObject({ role: z.literal("assistant"), content: trlContent })]),
  images: z.array(z.string()).length(1),
});

/** LLaMA-Factory's data/README.md: sharegpt, multimodal; and its entry in dataset_info.json. */
const sharegptRow = z.strictObject({
  conversations: z.tuple([
    z.strictObject({ from: z.literal("human"), value: z.string() }),
    z.strictObject({ from: z.literal("gpt"), value: z.string() }),
  ]),
  images: z.array(z.string()).length(1),
});
const datasetInfo = z.record(
  z.string(),
  z.strictObject({
    file_name: z.string(),
    formatting: z.literal("sharegpt"),
    columns: z.strictObject({ messages: z.literal("conversations"), images: z.literal("images") }),
  }),
);

/** ms-swift's "Custom dataset": the standard form, multimodal. */
const swiftRow = z.strictObject({
  messages: z.tuple([
    z.strictObject({ role: z.literal("user"), content: z.string() }),
    z.strictObject({ role: z.literal("assistant"), content: z.string() }),
  ]),
  images: z.array(z.string()).length(1),
});

const exported = async (format: ExportFormat) => {
  const target = path.join(folder, format);
  const result = await exportTraces(traces, { format, folder: target, imageRoot: "/data/mimic" });
  const text = readFileSync(path.join(target, result.files[0] ?? ""), "utf8");
  const rows: unknown[] =
    format === "llama-factory"
      ? z.array(z.unknown()).parse(JSON.parse(text))
      : text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
  return { result, rows, target };
};
const marks = (text: string): number => text.split("<image>").length - 1;

describe("exportTraces", () => {
  it("writes TRL's prompt-completion rows", async () => {
    const rows = z.array(trlRow).parse((await exported("trl")).rows);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.images).toEqual(["/data/mimic/images/r1.png"]);
    expect(rows[0]?.prompt[0].content).toEqual([{ type: "image" }, { type: "text", text: prompt.text }]);
    expect(rows[0]?.completion[0].content).toEqual([
      { type: "text", text: traceCompletion(traces[0] as Trace) },
    ]);
  });

  it("writes LLaMA-Factory's sharegpt rows, one mark a picture, and declares them", async () => {
    const { rows, target } = await exported("llama-factory");
    const parsed = z.array(sharegptRow).parse(rows);
    for (const { conversations, images } of parsed)
      expect(marks(conversations.map(({ value }) => value).join(" "))).toBe(images.length);
    expect(parsed[1]?.conversations[1].value).toBe(traceCompletion(traces[1] as Trace));
    const info = datasetInfo.parse(JSON.parse(readFileSync(path.join(target, "dataset_info.json"), "utf8")));
    expect(info.chexreason?.file_name).toBe("chexreason.json");
  });

  it("writes ms-swift's messages, one mark a picture", async () => {
    const parsed = z.array(swiftRow).parse((await exported("ms-swift")).rows);
    expect(parsed.map(({ messages }) => marks(messages[0].content + messages[1].content))).toEqual([1, 1]);
    expect(parsed[0]?.messages[0].content).toBe(`<image>${prompt.text}`);
  });

  it.each(EXPORT_FORMATS)("says beside %s what licences and teachers are in it", async (format) => {
    const { result, target } = await exported(format);
    expect(JSON.parse(readFileSync(path.join(target, "export.json"), "utf8"))).toEqual(result);
    expect(result).toMatchObject({
      traces: 2,
      licences: ["synthetic", "credentialed"],
      teachers: ["worded worded-1"],
      hash: await hashFile(path.join(target, result.files[0] ?? "")),
    });
  });

  it("refuses a trace whose text holds the mark of a picture", async () => {
    const [first] = traces;
    if (first === undefined) throw new Error("no trace");
    const marked: Trace = {
      ...first,
      messages: [
        first.messages[0],
        { role: "assistant", content: [{ type: "text", text: "<think><image></think>" }] },
      ],
    };
    await expect(exportTraces([marked], { format: "ms-swift", folder, imageRoot: "/data" })).rejects.toThrow(
      /trace r1: its text holds <image>/,
    );
  });
});
