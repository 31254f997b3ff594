import type { SubsetName, View } from "./statistics.ts";

/** The scores that a row of results has, from the views of an evaluation; failed answers count as empty but in one. */
export function rowScores<E>(views: readonly View<E>[], labels: SubsetName) {
  const view = (closure: "raw" | "closed", failed: "as-empty" | "left-out"): View<E> => {
    const found = views.find((v) => v.labels === labels && v.closure === closure && v.failed === failed);
    if (found === undefined) throw new Error(`rowScores: no view ${labels}, ${closure}, ${failed}`);
    return found;
  };
  const raw = view("raw", "as-empty");
  const closed = view("closed", "as-empty");
  return {
    macroPrecision: raw.macro.precision,
    macroRecall: raw.macro.recall,
    macroF1: raw.macro.f1,
    microPrecision: raw.micro.precision,
    microRecall: raw.micro.recall,
    microF1: raw.micro.f1,
    jaccard: raw.jaccard,
    jaccardValid: view("raw", "left-out").jaccard,
    closedMacroF1: closed.macro.f1,
    closedMicroF1: closed.micro.f1,
  };
}
