import type { ReportInput } from "./report-input.ts";
import { hospitalName, modelName } from "./sections/section.ts";

/** Stands beside a number on images that the model may have been trained on. */
const CONTAMINATED = "‡";

/** What stands behind a model's name beside its numbers on a hospital: " ‡"; nothing where there is nothing to say. */
export function marksOf(input: Pick<ReportInput, "contaminations">, id: string, hospital: string): string {
  return contaminationsOf(input, id, hospital).length === 0 ? "" : ` ${CONTAMINATED}`;
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
  return hospitals.flatMap((hospital) => {
    const said = ids.flatMap((id) =>
      contaminationsOf(input, id, hospital).map((text) => ({ name: modelName(input, id), text })),
    );
    // What is known of a base model is known of all that was trained from it: one sentence for them all.
    return [...new Set(said.map(({ text }) => text))].map((text) => {
      const names = said.filter((other) => other.text === text).map(({ name }) => name);
      return `${CONTAMINATED} ${names.join(", ")} on ${hospitalName(input, hospital)}: ${text}.`;
    });
  });
}

function contaminationsOf(
  { contaminations }: Pick<ReportInput, "contaminations">,
  id: string,
  hospital: string,
): readonly string[] {
  return contaminations.flatMap(({ model, data, texts }) => (model === id && data === hospital ? texts : []));
}
