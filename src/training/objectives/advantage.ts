/**
 * How a group's rewards become advantages.
 * - `none`: reward minus the group's mean (Dr. GRPO; the paper names "Dr. GRPO loss normalization").
 * - `standard-deviation`: divided by the group's standard deviation as well (GRPO; Shao et al. 2024).
 * Whether the paper divides is unstated; the default is not to.
 */
export type AdvantageScaling = "none" | "standard-deviation";

/** Keeps a group of equal rewards from dividing by zero; TRL uses the same value. */
const STANDARD_DEVIATION_FLOOR = 1e-4;

/** Advantages of one group's completions, (G). */
export function groupAdvantages(rewards: readonly number[], scaling: AdvantageScaling): number[] {
  // Summing equal numbers rounds, and Adam blows a rounding error up: equal rewards teach exactly nothing.
  if (rewards.every((reward) => reward === rewards[0])) return rewards.map(() => 0);
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const centred = rewards.map((reward) => reward - mean);
  if (scaling === "none") return centred;
  // With Bessel's correction, as torch's std and hence GRPO's published code.
  const variance = centred.reduce((sum, d) => sum + d * d, 0) / Math.max(1, rewards.length - 1);
  return centred.map((d) => d / (Math.sqrt(variance) + STANDARD_DEVIATION_FLOOR));
}
