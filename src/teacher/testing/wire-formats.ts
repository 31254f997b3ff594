import type { IncomingMessage } from "node:http";
import { z } from "zod";

/** What a request asked, whichever format it came in. */
export interface AskedOfServer {
  readonly kind: "gemini" | "openai";
  readonly key: string | undefined;
  readonly model: string;
  readonly system: string;
  readonly user: string;
  /** The labels that stand in the question. */
  readonly labels: string;
  readonly png: Buffer;
  readonly maxTokens: number;
  readonly temperature: number;
}

interface ServedAnswer {
  readonly text: string;
  readonly version: string;
  readonly finish: "stop" | "length" | "filter";
  readonly id: string;
}
interface ServedTokens {
  readonly input: number;
  readonly output: number;
}

/** Of `models.generateContent` (ai.google.dev/api/generate-content), as much as a picture and a question need. */
const geminiRequest = z.object({
  systemInstruction: z.object({ parts: z.tuple([z.object({ text: z.string() })]) }),
  contents: z.tuple([
    z.object({
      role: z.literal("user"),
      parts: z.tuple([
        z.object({ inlineData: z.object({ mimeType: z.literal("image/png"), data: z.base64() }) }),
        z.object({ text: z.string() }),
      ]),
    }),
  ]),
  generationConfig: z.object({ maxOutputTokens: z.int(), temperature: z.number() }),
});

/** Of OpenAI's chat completions, as vLLM and llama.cpp serve them. */
const openaiRequest = z.object({
  model: z.string(),
  messages: z.tuple([
    z.object({ role: z.literal("system"), content: z.string() }),
    z.object({
      role: z.literal("user"),
      content: z.tuple([
        z.object({ type: z.literal("image_url"), image_url: z.object({ url: z.string() }) }),
        z.object({ type: z.literal("text"), text: z.string() }),
      ]),
    }),
  ]),
  max_tokens: z.int(),
  temperature: z.number(),
});

const labelsIn = (user: string): string => /findings of the case: (.+)/.exec(user)?.[1] ?? "";

export function readGemini(request: IncomingMessage, body: unknown): AskedOfServer {
  const { systemInstruction, contents, generationConfig } = geminiRequest.parse(body);
  const [image, text] = contents[0].parts;
  const key = request.headers["x-goog-api-key"];
  return {
    kind: "gemini",
    key: Array.isArray(key) ? key[0] : key,
    model: /models\/([^:]+):/.exec(request.url ?? "")?.[1] ?? "",
    system: systemInstruction.parts[0].text,
    user: text.text,
    labels: labelsIn(text.text),
    png: Buffer.from(image.inlineData.data, "base64"),
    maxTokens: generationConfig.maxOutputTokens,
    temperature: generationConfig.temperature,
  };
}

export function readOpenai(request: IncomingMessage, body: unknown): AskedOfServer {
  const { model, messages, max_tokens, temperature } = openaiRequest.parse(body);
  const [system, user] = messages;
  const [image, text] = user.content;
  return {
    kind: "openai",
    key: request.headers.authorization?.replace(/^Bearer /, ""),
    model,
    system: system.content,
    user: text.text,
    labels: labelsIn(text.text),
    png: Buffer.from(image.image_url.url.replace(/^data:image\/png;base64,/, ""), "base64"),
    maxTokens: max_tokens,
    temperature,
  };
}

const GEMINI_FINISH = { stop: "STOP", length: "MAX_TOKENS", filter: "SAFETY" } as const;
const OPENAI_FINISH = { stop: "stop", length: "length", filter: "content_filter" } as const;

export function writeGemini(
  { text, version, finish, id }: ServedAnswer,
  { input, output }: ServedTokens,
): object {
  return {
    candidates: [
      { content: { parts: [{ text }], role: "model" }, finishReason: GEMINI_FINISH[finish], index: 0 },
    ],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
    modelVersion: version,
    responseId: id,
  };
}

export function writeOpenai(
  { text, version, finish, id }: ServedAnswer,
  { input, output }: ServedTokens,
): object {
  return {
    id,
    object: "chat.completion",
    created: 0,
    model: version,
    choices: [
      { index: 0, message: { role: "assistant", content: text }, finish_reason: OPENAI_FINISH[finish] },
    ],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  };
}
