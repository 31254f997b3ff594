import { z } from "zod";
import type { SdkProvider } from "./sdk-model.ts";

const reportedSchema = z.looseObject({
  model: z.string().min(1).optional().catch(undefined),
  id: z.string().min(1).optional().catch(undefined),
});

/** Whatever speaks OpenAI's chat completions: vLLM, llama.cpp's server, a MedGemma of one's own. */
export const openaiCompatibleProvider: SdkProvider = {
  kind: "openai-compatible",
  async model({ endpoint, model }, key, fetch) {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const auth = key === null ? {} : { apiKey: key };
    return createOpenAICompatible({ name: "teacher", baseURL: endpoint, ...auth, fetch })(model);
  },
  reported(body) {
    const { data } = reportedSchema.safeParse(body);
    return { modelVersion: data?.model ?? "not reported", responseId: data?.id ?? null };
  },
};
