import type { EgressAttestation } from "./egress-guard.ts";

/** How a language model is asked, wherever it runs. */
export interface AskingSettings {
  /** As the provider names it. */
  readonly model: string;
  /** Images in work side by side. */
  readonly concurrency: number;
  readonly temperature: number;
  /** Of one answer, the model's own hidden thoughts included where it has some. */
  readonly maxTokens: number;
  /** Further answers asked for after one was thrown out. */
  readonly retries: number;
}

/** How a teacher behind an address is called. */
export interface CallingSettings extends AskingSettings {
  /** Base address, without the path of a call. */
  readonly endpoint: string;
  /** Environment variable that holds the key; null: none is sent. */
  readonly keyVariable: string | null;
  /** The version that has to answer; null: whichever answers first. */
  readonly modelVersion: string | null;
  /** USD for a million tokens. */
  readonly price: { readonly input: number; readonly output: number };
  /** USD for one set of traces, interrupted runs included; null: none. */
  readonly spendingCap: number | null;
  /** Longest side of the picture that is sent, pixels. */
  readonly imageSide: number;
  /** Most tokens that such a picture may count as. */
  readonly imageTokens: number;
  readonly calls: {
    /** Tries of one call whose line or server failed, before its image is set aside. */
    readonly tries: number;
    /** First wait between two of them, doubled each time. */
    readonly backOffMs: number;
    /** Until a call without an answer is given up. */
    readonly deadlineSeconds: number;
    /** Longest wait that a provider may ask for; past it the run stops. */
    readonly longestWaitSeconds: number;
  };
  readonly attestation: EgressAttestation | null;
}
