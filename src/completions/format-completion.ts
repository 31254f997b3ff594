import { canonicalOrder, type Label } from "../labels/label.ts";

/** A reading: the reasoning (null: none is asked for) and the labels. */
export interface Reading {
  readonly think: string | null;
  readonly labels: readonly Label[];
}

/**
 * Writes a reading as a completion of its contract: `<think>...</think><solution>A, B</solution>`, or the solution
 * alone. Labels in canonical order, each once. `parseCompletion` reads it back. Throws on a reading that no completion
 * can carry: no label, or a tag inside the reasoning.
 */
export function formatCompletion(reading: Reading): string {
  if (reading.labels.length === 0) throw new Error("formatCompletion: a solution without a label is invalid");
  const solution = `<solution>${canonicalOrder(reading.labels).join(", ")}</solution>`;
  if (reading.think === null) return solution;
  if (/<\/?(?:think|solution)>/i.test(reading.think)) {
    throw new Error("formatCompletion: the reasoning holds a tag of the answer contract");
  }
  return `<think>${reading.think}</think>${solution}`;
}
