import type { Choice } from "./transfer/patient-use.ts";

/** What was picked among several on the way to a model, and how that reads beside its numbers. */
export interface BestOf {
  /** "best of 3", "from the best of 5", "best of 3, from the best of 5 and of 4". */
  readonly text: string;
  /** The model's own, then those of the models that it was trained from, nearest first. */
  readonly choices: readonly Choice[];
}

/**
 * What stands behind a model's numbers; null where nothing was picked.
 * @param lineage the study's models in the order they were made, each trained from the one before
 */
export function bestOf(choices: readonly Choice[], lineage: readonly string[], model: string): BestOf | null {
  const made = lineage.indexOf(model);
  const before = made < 0 ? [] : lineage.slice(0, made).reverse();
  const own = choices.filter((choice) => choice.model === model);
  const inherited = before.flatMap((name) => choices.filter((choice) => choice.model === name));
  if (own.length + inherited.length === 0) return null;
  const parts = [
    ...(own.length === 0 ? [] : [`best ${numbers(own)}`]),
    ...(inherited.length === 0 ? [] : [`from the best ${numbers(inherited)}`]),
  ];
  return { text: parts.join(", "), choices: [...own, ...inherited] };
}

/** One sentence's worth of a choice: "sft is the best of 5 checkpoints, by the loss on held-out traces". */
export function choiceText({ k, of }: Choice, name: string): string {
  return `${name} is the best of ${k} ${of}`;
}

/** "of 5 and of 4": one number a thing picked; the trainings of several seeds may have had other numbers of candidates. */
function numbers(choices: readonly Choice[]): string {
  const things = [...new Set(choices.map(({ model, of }) => `${model} ${of}`))];
  return things
    .map((thing) => {
      const ks = choices.filter(({ model, of }) => `${model} ${of}` === thing).map(({ k }) => k);
      const [least, most] = [Math.min(...ks), Math.max(...ks)];
      return least === most ? `of ${least}` : `of ${least} to ${most}`;
    })
    .join(" and ");
}
