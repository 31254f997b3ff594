import type { Comparison } from "./results-schema.ts";

type Size = Pick<Comparison, "kind" | "pixels" | "groupSize" | "tokens" | "epochs" | "updatesPerRollout">;

/** A case in words, for tables and charts. */
export function describeCase({ kind, pixels, groupSize, tokens, epochs, updatesPerRollout }: Size): string {
  const size = `${pixels} px, ${kind === "sft" ? "" : `G ${groupSize}, `}${tokens} tokens`;
  switch (kind) {
    case "sft":
      return `SFT, ${size}${epochs > 1 ? `, ${epochs} epochs` : ""}`;
    case "grpo":
      return `GRPO, ${size}${updatesPerRollout > 1 ? `, ${updatesPerRollout} updates a rollout` : ""}`;
    case "generate":
      return `sampling, ${size}`;
  }
}
