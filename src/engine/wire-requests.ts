import type { ForwardGroup, ForwardRequest, LoadOptions, PromptInput, TokenGradients } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { Trainable } from "./gen/engine_pb.ts";
import { toShortcut } from "./shortcuts.ts";

/** Load's message; what the options leave out becomes the contract's "as it is by itself". */
export function toLoadRequest(options: LoadOptions) {
  return {
    source: options.source,
    revision: options.revision ?? "",
    dtype: options.dtype,
    minVisualTokens: options.minVisualTokens ?? 0,
    maxVisualTokens: options.maxVisualTokens ?? 0,
    gradientCheckpointing: options.gradientCheckpointing ?? false,
    threads: options.threads ?? 0,
    seed: BigInt(options.seed ?? 0),
    trainable: options.trainable === "full" ? Trainable.FULL : Trainable.ADAPTER,
    randomWeights: options.randomWeights ?? false,
    featureCache: options.featureCache ?? "",
    plain: options.plain ?? false,
    without: (options.without ?? []).map(toShortcut),
  };
}

/** One prompt of a Prepare. */
export function toPromptRequest({ messages, images, store }: PromptInput) {
  return {
    messages: messages.map(({ role, parts }) => ({
      role,
      parts: parts.map((part) => ({
        kind:
          "text" in part
            ? ({ case: "text", value: part.text } as const)
            : ({ case: "image", value: part.image } as const),
      })),
    })),
    images: images.map((image) => ({ ...image })),
    store: store ?? true,
  };
}

/**
 * Forward's message. No `dropoutSeed` is no dropout, which seed 0 is not.
 * @throws EngineError `refused` for gradients of another shape than the completions: the message, which puts them
 * side by side, could not show it, and missing ones would be taken for a Forward that wants none.
 */
export function toForwardRequest(request: ForwardRequest) {
  if (request.gradients !== undefined) checkShape(request.groups, request.gradients);
  return {
    groups: request.groups.map(({ handle, completions }, g) => ({
      handle,
      completions: completions.map((tokens, c) => ({
        tokens: [...tokens],
        gradient: [...(request.gradients?.[g]?.[c] ?? [])],
      })),
    })),
    adapter: request.adapter,
    temperature: request.temperature ?? 1,
    ...(request.dropoutSeed === undefined ? {} : { dropoutSeed: request.dropoutSeed }),
    keepGraph: request.keepGraph ?? false,
  };
}

/** What Free lets go of. */
export function toFree(what: { ticket: string } | { handle: string } | { adapter: string }) {
  if ("ticket" in what) return { case: "ticket", value: what.ticket } as const;
  if ("handle" in what) return { case: "handle", value: what.handle } as const;
  return { case: "adapter", value: what.adapter } as const;
}

/** @throws EngineError `refused` unless there is one gradient for every token of every completion */
export function checkShape(groups: readonly ForwardGroup[], gradients: TokenGradients): void {
  for (let g = 0; g < Math.max(groups.length, gradients.length); g++) {
    const tokens = groups[g]?.completions.map((completion) => completion.length).join(", ") ?? "no group";
    const given = gradients[g]?.map((gradient) => gradient.length).join(", ") ?? "no group";
    if (tokens !== given)
      throw new EngineError(
        "refused",
        `Forward: group ${g} has completions of so many tokens: ${tokens}; and so many gradients: ${given}: give one for every token`,
      );
  }
}
