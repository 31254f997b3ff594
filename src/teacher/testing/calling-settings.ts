import type { CallingSettings } from "../teacher-settings.ts";

/** Settings for a teacher on this machine, with pauses that a spec can wait for. */
export function callingSettings(endpoint: string, changes: Partial<CallingSettings> = {}): CallingSettings {
  return {
    model: "served",
    endpoint,
    keyVariable: null,
    modelVersion: null,
    concurrency: 8,
    temperature: 0.7,
    maxTokens: 200,
    retries: 1,
    price: { input: 1, output: 10 },
    spendingCap: null,
    imageSide: 64,
    imageTokens: 64,
    calls: { tries: 5, backOffMs: 1, deadlineSeconds: 5, longestWaitSeconds: 60 },
    attestation: null,
    ...changes,
  };
}
