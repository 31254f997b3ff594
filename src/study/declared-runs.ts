import { z } from "zod";
import { UserError } from "../util/user-error.ts";
import { declaredVariants } from "./declared-variants.ts";

/** A study that another consists of, before its settings are checked. */
export interface DeclaredRun {
  readonly name: string;
  /** The variant that it is a training of; null: the study's own. */
  readonly recipe: string | null;
  readonly declared: unknown;
}

/** As far as it is looked at here; what is wrong with it is said where the whole study is read. */
const seedsSchema = z.looseObject({
  title: z.string().optional().catch(undefined),
  sft: z.unknown().optional(),
  trainingSeeds: z
    .array(z.int().min(0))
    .refine((seeds) => new Set(seeds).size === seeds.length)
    .catch([]),
});

/**
 * The declarations of the studies that a study consists of: its variants, or the study itself, each as often as it has
 * training seeds. None for a study that is one run of the line. A variant that trains nothing has nothing to repeat.
 * @param declared a study as read from its file
 * @param where the study file, for errors
 */
export function declaredRuns(declared: unknown, where: string): DeclaredRun[] {
  const variants = declaredVariants(declared, where);
  const runs =
    variants.length > 0
      ? variants.flatMap(({ name, declared: own }) => trainings(name, own))
      : trainings(null, own(declared, where));
  const names = runs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UserError(
      `${where}: variants.${twice}: a training seed of another variant is called so: rename it`,
      2,
    );
  return runs;
}

/** The study without variants. One that trains nothing may not ask for seeds. */
function own(declared: unknown, where: string): unknown {
  const { sft, trainingSeeds } = seedsSchema.parse(declared);
  if (sft === null && trainingSeeds.length > 0)
    throw new UserError(`${where}: trainingSeeds: the study trains nothing (sft is null): leave them out`, 2);
  const { variants: _variants, scope: _scope, ...rest } = z.looseObject({}).parse(declared);
  return rest;
}

/** A recipe once for each of its seeds; a variant of one training under its own name. */
function trainings(recipe: string | null, declared: unknown): DeclaredRun[] {
  const { title, sft, trainingSeeds } = seedsSchema.parse(declared);
  if (sft === null || trainingSeeds.length < 2)
    return recipe === null ? [] : [{ name: recipe, recipe, declared: once(declared, sft) }];
  return trainingSeeds.map((seed) => ({
    name: recipe === null ? `seed-${seed}` : `${recipe}-seed-${seed}`,
    recipe,
    declared: {
      ...z.looseObject({}).parse(declared),
      title: title === undefined ? `Training seed ${seed}` : `${title} (training seed ${seed})`,
      trainingSeeds: [seed],
    },
  }));
}

/** What trains nothing has no training seed. */
function once(declared: unknown, sft: unknown): unknown {
  return sft === null ? { ...z.looseObject({}).parse(declared), trainingSeeds: [] } : declared;
}
