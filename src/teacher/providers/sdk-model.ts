import type { LanguageModel } from "ai";
import type { AnsweredCall, CallOutcome } from "../calls/call-outcome.ts";
import { type Clock, systemClock } from "../calls/clock.ts";
import { retryAfterMs, retryDelayMs } from "../calls/retry-after.ts";
import type { TeacherCall, TeacherModel } from "../calls/teacher-model.ts";
import { type EgressError, egressFetch } from "../egress-fetch.ts";
import { decideEgress } from "../egress-guard.ts";
import { type Redactor, redactor } from "../redactor.ts";
import type { CallingSettings } from "../teacher-settings.ts";
import { sentPicture } from "./sent-picture.ts";

/** What differs between the providers that the AI SDK speaks to. */
export interface SdkProvider {
  readonly kind: string;
  /** A client of the model that does all its sending by the fetch given. */
  model(
    settings: CallingSettings,
    key: string | null,
    fetch: typeof globalThis.fetch,
  ): Promise<LanguageModel>;
  /** The version and the answer's number, from the provider's own JSON. */
  reported(body: unknown): Pick<AnsweredCall, "modelVersion" | "responseId">;
}

/**
 * A language model behind an address, asked by the AI SDK. Each call has a client of its own, which can send one request
 * through the egress guard and nothing else: the SDK's retries, its own downloads and its continued requests are off or
 * refused, since every request has to stand in the journal. Its errors hold the request, pictures included; none of them
 * is passed on, only one line of text without keys.
 */
export function sdkModel(
  provider: SdkProvider,
  settings: CallingSettings,
  key: string | null,
  clock: Clock = systemClock,
): TeacherModel {
  const endpoint = new URL(settings.endpoint);
  const { attestation, model, temperature, maxTokens, imageSide } = settings;
  const clean = redactor(key === null ? [] : [key]);
  return {
    name: `${provider.kind} ${model}`,
    identity: { kind: provider.kind, endpoint: endpoint.href, model, temperature, maxTokens, imageSide },
    to: endpoint.host,
    permit: (licence) => decideEgress(licence, endpoint, attestation),
    async ask(call) {
      let trip: EgressError | null = null;
      const deadline = AbortSignal.timeout(settings.calls.deadlineSeconds * 1000);
      const door = { endpoint, licence: call.licence, attestation };
      const fetch = egressFetch(door, (error) => {
        trip = error;
      });
      try {
        const picture = await sentPicture(call.picture, imageSide);
        const client = await provider.model(settings, key, fetch);
        return await generate(provider, client, call, picture, settings, clean, deadline);
      } catch (error) {
        // Loaded when needed: the SDK is large, and most commands never call a teacher.
        const { failureOf } = await import("./sdk-failure.ts");
        return failureOf(error, trip, {
          clean,
          deadlineSeconds: settings.calls.deadlineSeconds,
          late: deadline.aborted,
          waitOf: (header, body) => retryAfterMs(header, clock.now()) ?? retryDelayMs(body),
        });
      }
    },
  };
}

async function generate(
  provider: SdkProvider,
  model: LanguageModel,
  call: TeacherCall,
  picture: Uint8Array,
  settings: CallingSettings,
  clean: Redactor,
  deadline: AbortSignal,
): Promise<CallOutcome> {
  const { generateText } = await import("ai");
  // Its warnings go to the console otherwise.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const result = await generateText({
    model,
    system: call.system,
    messages: [
      {
        role: "user",
        content: [
          { type: "image", image: picture, mediaType: "image/png" },
          { type: "text", text: call.user },
        ],
      },
    ],
    temperature: settings.temperature,
    maxOutputTokens: settings.maxTokens,
    seed: call.seed,
    maxRetries: 0,
    abortSignal: deadline,
    experimental_include: { requestBody: false },
  });
  const { inputTokens, outputTokens } = result.usage;
  const { modelVersion, responseId } = provider.reported(result.response.body);
  return {
    outcome: "answered",
    text: clean.keys(result.text),
    finish: FINISH[result.finishReason] ?? "stop",
    modelVersion: clean.keys(modelVersion),
    responseId: responseId === null ? null : clean.keys(responseId),
    usage: { input: inputTokens ?? null, output: outputTokens ?? null },
  };
}

const FINISH: Readonly<Record<string, AnsweredCall["finish"]>> = {
  length: "length",
  "content-filter": "declined",
};
