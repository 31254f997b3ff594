import { z } from "zod";
import type { SdkProvider } from "./sdk-model.ts";

/** Google's own fields; the AI SDK's parser leaves both out, so they are read from the answer's JSON. */
const reportedSchema = z.looseObject({
  modelVersion: z.string().min(1).optional().catch(undefined),
  responseId: z.string().min(1).optional().catch(undefined),
});

/** Gemini, by Google's own API. `maxTokens` bounds its hidden thoughts and its answer together, and both are billed. */
export const geminiProvider: SdkProvider = {
  kind: "gemini",
  async model({ endpoint, model }, key, fetch) {
    const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
    return createGoogleGenerativeAI({ baseURL: endpoint, apiKey: key ?? "none", fetch })(model);
  },
  reported(body) {
    const { data } = reportedSchema.safeParse(body);
    return { modelVersion: data?.modelVersion ?? "not reported", responseId: data?.responseId ?? null };
  },
};
