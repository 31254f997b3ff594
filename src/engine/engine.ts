import type { ChatMessage } from "../prompts/chat-message.ts";
import type { Shortcut } from "./shortcuts.ts";

/**
 * The engine as the rest of chexreason sees it: the contract's verbs (contract/engine.proto), typed. Training and
 * evaluation are written against this interface alone, so that another back end could stand behind it.
 */
export interface Engine {
  describe(): Promise<EngineDescription>;
  load(options: LoadOptions): Promise<ModelInfo>;
  /** Chat messages and images -> prompt handles, in order. The vision tower runs once for an image. */
  prepare(prompts: readonly PromptInput[]): Promise<PreparedPrompt[]>;
  /** A handle whose prompt goes on by the tokens. */
  extend(handle: string, tokens: readonly number[]): Promise<PreparedPrompt>;
  /** Texts of assistant turns -> tokens, end of turn included. */
  tokenize(texts: readonly string[]): Promise<number[][]>;
  /** Completions in the order (prompt, seed); `onCompletion` hears each as it ends. */
  sample(
    request: SampleRequest,
    onCompletion?: (completion: SampledCompletion) => void,
  ): Promise<SampledCompletion[][]>;
  /** Log-probabilities of given completions; `keepGraph` returns a ticket for one Backward. */
  forward(request: ForwardRequest): Promise<ForwardResult>;
  /** Adds dL/dlogprob's gradient to the accumulators, whole or not at all. (groups, completions, tokens) */
  backward(ticket: string, gradients: TokenGradients): Promise<void>;
  zeroGrad(adapter: string): Promise<void>;
  step(adapter: string, expectedStep: number, settings: AdamWSettings): Promise<StepResult>;
  newAdapter(name: string, origin: AdapterOrigin, trainable: boolean): Promise<AdapterInfo>;
  saveState(adapter: string, folder: string, options: SaveOptions): Promise<{ weightsHash: string }>;
  loadState(adapter: string, folder: string, options: { optimizer: boolean }): Promise<AdapterInfo>;
  free(what: { ticket: string } | { handle: string } | { adapter: string }): Promise<void>;
}

export interface EngineDescription {
  readonly contract: number;
  readonly engine: string;
  readonly launchId: string;
  readonly pid: number;
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly busyVerb: string;
  readonly busySeconds: number;
  readonly model: ModelInfo | null;
  readonly adapters: readonly AdapterInfo[];
  readonly openTickets: number;
  readonly peakMemoryBytes: number;
  /** Spent computing since launch, by verb and by part of one (`Forward.backward`, `Sample.prefill`). */
  readonly seconds: Readonly<Record<string, number>>;
  /** Engines that share the work; 1: one alone. */
  readonly ranks: number;
  /** GPUs that the engine sees. */
  readonly gpus: number;
  /** What several ranks could sum their gradients by; empty where this torch cannot. */
  readonly rankBackends: readonly string[];
  /** The C compiler of the engine's kernels; `none: ` and why where it computes without them. */
  readonly kernels: string;
}

export interface ModelInfo {
  readonly family: string;
  readonly source: string;
  /** Of the model's configuration and weights; stored with whatever the model produced. */
  readonly hash: string;
  readonly dtype: string;
  readonly parameters: number;
  readonly vocabulary: number;
}

export interface AdapterInfo {
  readonly name: string;
  readonly trainable: boolean;
  readonly step: number;
  readonly parameters: number;
}

export interface LoadOptions {
  /** A folder, or a hub id. */
  readonly source: string;
  /** Required for a hub id. */
  readonly revision?: string;
  readonly dtype: "float32" | "bfloat16" | "float64";
  readonly minVisualTokens?: number;
  readonly maxVisualTokens?: number;
  readonly gradientCheckpointing?: boolean;
  /** 0 leaves it to torch. */
  readonly threads?: number;
  readonly seed?: number;
  readonly trainable?: "adapter" | "full";
  /** Take the folder's configuration only and draw the weights. */
  readonly randomWeights?: boolean;
  /** Folder for image features past the memory limit. */
  readonly featureCache?: string;
  /** Without any of the engine's shortcuts: slower, to the same numbers but for rounding. Default false. */
  readonly plain?: boolean;
  /** Without these shortcuts. Default: with all. */
  readonly without?: readonly Shortcut[];
}

/** An image's 8-bit pixels, row by row, channels interleaved. (height, width, channels) */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

export interface PromptInput {
  readonly messages: readonly ChatMessage[];
  readonly images: readonly PixelImage[];
  /** Whether to keep the image's features for the whole run; false for one-off pictures. Default true. */
  readonly store?: boolean;
}

export interface PreparedPrompt {
  readonly handle: string;
  readonly tokens: number;
  readonly imageTokens: number;
  readonly featuresCached: boolean;
}

export interface SampleRequest {
  readonly prompts: readonly { readonly handle: string; readonly seeds: readonly bigint[] }[];
  /** Empty: the base model. */
  readonly adapter: string;
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** Completions decoded side by side; 0: as many as the engine sets memory aside for. */
  readonly maxRows?: number;
}

/** `stop`: the turn ended. `length`: cut off at the limit. */
export type Finish = "stop" | "length";

export interface SampledCompletion {
  readonly prompt: number;
  readonly completion: number;
  readonly tokens: readonly number[];
  readonly text: string;
  readonly finish: Finish;
  /** Of the tempered, untruncated softmax; for monitoring, never for a ratio. */
  readonly logprobs: readonly number[];
}

/** dL/dlogprob for each token. (groups, completions, tokens) */
export type TokenGradients = readonly (readonly (readonly number[])[])[];

export interface ForwardGroup {
  readonly handle: string;
  /** Tokens of each completion. */
  readonly completions: readonly (readonly number[])[];
}

export interface ForwardRequest {
  readonly groups: readonly ForwardGroup[];
  /** Empty: the base model. */
  readonly adapter: string;
  /** Logits are divided by it. Default 1. */
  readonly temperature?: number;
  /** Absent: no dropout. */
  readonly dropoutSeed?: bigint;
  readonly keepGraph?: boolean;
  /** Known beforehand (a linear objective): goes backward in the same call. */
  readonly gradients?: TokenGradients;
}

export interface TokenScores {
  readonly logprob: readonly number[];
  /** Nats, of the tempered softmax. */
  readonly entropy: readonly number[];
  readonly argmax: readonly boolean[];
}

export interface ForwardResult {
  /** (groups, completions) */
  readonly groups: readonly (readonly TokenScores[])[];
  /** For one Backward; empty unless `keepGraph`. */
  readonly ticket: string;
}

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Global norm; 0: no clipping. */
  readonly clipNorm: number;
}

export interface StepResult {
  /** Before clipping. */
  readonly gradientNorm: number;
  /** `skipped-non-finite`: the gradient held NaN or infinity and nothing was changed. */
  readonly outcome: "applied" | "skipped-non-finite";
  readonly step: number;
}

export type AdapterOrigin =
  | {
      readonly lora: {
        readonly rank: number;
        readonly alpha: number;
        readonly dropout: number;
        readonly seed: number;
      };
    }
  | { readonly folder: string };

export interface SaveOptions {
  readonly optimizer: boolean;
  /** Storage type of a whole model's weights; absent: as loaded. Adapters are always stored as they train. */
  readonly dtype?: "float32" | "bfloat16";
  /** Of a LoRA: save a whole model with it merged in, computed in float32 and then cast. Default false. */
  readonly merged?: boolean;
}
