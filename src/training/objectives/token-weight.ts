/** How GRPO's token terms are averaged. Each is the 1/N of the objective for a token. */
export type GrpoNormalisation =
  /** Dr. GRPO (Liu et al. 2025): by a constant, maximum new tokens x completions of the batch. The paper's. */
  | { readonly kind: "constant"; readonly maxTokens: number; readonly completions: number }
  /** DAPO (Yu et al. 2025): by the batch's tokens. */
  | { readonly kind: "batch-tokens"; readonly tokens: number }
  /** GRPO as published (Shao et al. 2024): each completion by its length, then by the completions. */
  | { readonly kind: "sequence-mean"; readonly completions: number };

/** 1/N for each token of a completion of this length. */
export function tokenWeight(normalisation: GrpoNormalisation, length: number): number {
  switch (normalisation.kind) {
    case "constant":
      return 1 / (normalisation.maxTokens * normalisation.completions);
    case "batch-tokens":
      return 1 / normalisation.tokens;
    case "sequence-mean":
      return 1 / (length * normalisation.completions);
  }
}
