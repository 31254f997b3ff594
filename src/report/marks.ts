import { type BestOf, choiceText } from "../evaluation/best-of.ts";
import type { ReportInput } from "./report-input.ts";
import { hospitalName, modelName } from "./sections/section.ts";

/** Stands beside a number on images that the model may have been trained on. */
const CONTAMINATED = "‡";

/**
 * What stands behind a model's name beside its numbers: " ‡" where it may have been trained on one of the hospitals,
 * " (best of 5)" where it was picked.
 */
export function marksOf(
  input: Pick<ReportInput, "contaminations" | "bestOf">,
  id: string,
  ...hospitals: readonly string[]
): string {
  const isClean = hospitals.every((hospital) => contaminationsOf(input, id, hospital).length === 0);
  const best = bestOfModel(input, id);
  return `${isClean ? "" : ` ${CONTAMINATED}`}${best === undefined ? "" : ` (${best.text})`}`;
}

/** A model's name for people with its marks. */
export function markedName(input: ReportInput, id: string, hospital: string): string {
  return `${modelName(input, id)}${marksOf(input, id, hospital)}`;
}

/** What the marks of these models on these hospitals say, a sentence each. */
export function markNotes(
  input: ReportInput,
  ids: readonly string[],
  hospitals: readonly string[],
): string[] {
  const chosen = ids.flatMap((id) => bestOfModel(input, id)?.choices ?? []);
  const picked = [
    ...new Set(chosen.map((choice) => `${choiceText(choice, modelName(input, choice.model))}.`)),
  ];
  const contaminated = hospitals.flatMap((hospital) => {
    const said = ids.flatMap((id) =>
      contaminationsOf(input, id, hospital).map((text) => ({ name: modelName(input, id), text })),
    );
    // What is known of a base model is known of all that was trained from it: one sentence for them all.
    return [...new Set(said.map(({ text }) => text))].map((text) => {
      const names = said.filter((other) => other.text === text).map(({ name }) => name);
      return `${CONTAMINATED} ${names.join(", ")} on ${hospitalName(input, hospital)}: ${text}.`;
    });
  });
  return [...contaminated, ...picked];
}

function bestOfModel({ bestOf }: Pick<ReportInput, "bestOf">, id: string): BestOf | undefined {
  return bestOf.find(({ model }) => model === id)?.bestOf;
}

function contaminationsOf(
  { contaminations }: Pick<ReportInput, "contaminations">,
  id: string,
  hospital: string,
): readonly string[] {
  return contaminations.flatMap(({ model, data, texts }) => (model === id && data === hospital ? texts : []));
}
