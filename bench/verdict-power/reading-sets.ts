import type { ReadingSet } from "../../src/evaluation/reading.ts";
import { MATCHED, type Sample } from "./population.ts";

/** A sample as the readings that the instrument takes, one set a model. */
export function asReadingSets({ n, models, hits, errors, truth }: Sample, data: string): ReadingSet[] {
  const labels = MATCHED.length;
  return Array.from({ length: models }, (_, model) => ({
    model: `model ${model}`,
    data,
    stated: MATCHED,
    readings: Array.from({ length: n }, (_, i) => {
      const isTrue = (label: number): boolean => truth[i * labels + label] === 1;
      const at = (label: number): number => (i * models + model) * labels + label;
      // Named: a hit, or an error where the label is not there.
      const isNamed = (label: number): boolean =>
        hits[at(label)] === 1 || (errors[at(label)] === 1 && !isTrue(label));
      return {
        id: `${i}`,
        patient: `${i}`,
        truth: MATCHED.filter((_, label) => isTrue(label)),
        predicted: MATCHED.filter((_, label) => isNamed(label)),
        failure: null,
      };
    }),
  }));
}
