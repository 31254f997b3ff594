/** Learning-rate schedules. `cosine` is the paper's for SFT; what it uses for GRPO is unstated. */
export type Schedule =
  | { readonly kind: "constant"; readonly warmup: number }
  | { readonly kind: "cosine"; readonly warmup: number };

/**
 * The factor on the peak learning rate for a step, as transformers' `get_cosine_schedule_with_warmup`: linear from 0
 * over the warm-up, then half a cosine down to 0.
 * @param step 0-based number of updates made before this one
 * @param total updates of the whole run
 */
export function scheduleFactor(schedule: Schedule, step: number, total: number): number {
  const warmupSteps = Math.ceil(schedule.warmup * total);
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  if (schedule.kind === "constant") return 1;
  const progress = (step - warmupSteps) / Math.max(1, total - warmupSteps);
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}
