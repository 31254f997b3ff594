import { Shortcut as WireShortcut } from "./gen/engine_pb.ts";

/** What the engine saves and how, by the names that a study uses (`model.without`); contract/engine.proto says what each is. */
const WIRE = {
  "shared-prompt": WireShortcut.SHARED_PROMPT,
  "feature-cache": WireShortcut.FEATURE_CACHE,
  "logprob-chunks": WireShortcut.LOGPROB_CHUNKS,
  "fused-lora": WireShortcut.FUSED_LORA,
  "shared-keys": WireShortcut.SHARED_KEYS,
  "refilling-batch": WireShortcut.REFILLING_BATCH,
  "static-cache": WireShortcut.STATIC_CACHE,
  "own-decoder": WireShortcut.OWN_DECODER,
  "cuda-graphs": WireShortcut.CUDA_GRAPHS,
  "prompt-keys": WireShortcut.PROMPT_KEYS,
  "seen-keys": WireShortcut.SEEN_KEYS,
  "own-layers": WireShortcut.OWN_LAYERS,
  "single-threads": WireShortcut.SINGLE_THREADS,
  "row-threads": WireShortcut.ROW_THREADS,
  kernels: WireShortcut.KERNELS,
} as const satisfies Record<string, WireShortcut>;

export type Shortcut = keyof typeof WIRE;

/** All of them, for a setting's schema. */
export const SHORTCUTS = Object.keys(WIRE) as [Shortcut, ...Shortcut[]];

/** The contract's number of a shortcut. */
export const toShortcut = (shortcut: Shortcut): WireShortcut => WIRE[shortcut];
