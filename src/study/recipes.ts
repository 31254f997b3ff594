import type { Study } from "./load-study.ts";
import { trainingSeed } from "./training-seed.ts";

/** One way to train, with its trainings: one, or one a seed. */
export interface Recipe {
  /** The variant's name; null: the study's own, where it has no variants. */
  readonly name: string | null;
  readonly trainings: readonly Training[];
}

export interface Training {
  /** The name that `--variant` takes, and of the folder under `variants`. */
  readonly name: string;
  readonly seed: number;
  readonly study: Study;
}

/** The recipes of a study with variants or with several training seeds, in the order of its file. */
export function recipesOf({ variants }: Pick<Study, "variants">): Recipe[] {
  const names = [...new Set(variants.map(({ recipe }) => recipe))];
  return names.map((name) => ({
    name,
    trainings: variants
      .filter(({ recipe }) => recipe === name)
      .map(({ name: own, study }) => ({ name: own, seed: trainingSeed(study.config), study })),
  }));
}
