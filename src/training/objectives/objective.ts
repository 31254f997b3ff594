/**
 * What every objective gives back. The engine turns `gradient` into gradients of the weights; nothing else of the
 * objective reaches it.
 */
export interface ObjectiveResult<Sum extends string = never> {
  /** The loss that is minimised, over the completions given. */
  readonly loss: number;
  /** dLoss/dlogprob for each token, (completions, tokens). */
  readonly gradient: readonly number[][];
  /** Sums over tokens, to be added up over micro-batches and divided by `tokens`. */
  readonly sums: Readonly<Record<Sum, number>>;
  readonly tokens: number;
}
