import { formatCompletion } from "../../completions/format-completion.ts";
import { LABELS, type Label } from "../../labels/label.ts";
import { type RandomStream, randomStream } from "../../util/random.ts";

/** Answers to every row of a table, as text: a reward reads them as it would a model's. */
export interface AuditReader {
  readonly name: string;
  /** The answer for a row. @param index the row's place in the table */
  readonly answer: (truth: readonly Label[], index: number) => string;
}

const EMPTY = "<think>So I see.</think><solution></solution>";
const solution = (labels: readonly Label[]): string =>
  labels.length === 0 ? EMPTY : formatCompletion({ think: "So I see.", labels });

/** The same labels whatever the picture. */
export function constantReader(name: string, labels: readonly Label[]): AuditReader {
  const text = solution(labels);
  return { name, answer: () => text };
}

/**
 * The same labels, each left out of every third answer in turn: no picture is looked at, and no label stands in more than
 * two thirds of the answers, so that a reward which punishes a dominating label (70 %) sees none.
 */
export function rotatingReader(name: string, labels: readonly Label[]): AuditReader {
  const texts = [0, 1, 2].map((turn) => solution(labels.filter((_, place) => (place + turn) % 3 !== 0)));
  return { name, answer: (_, index) => texts[index % 3] ?? "" };
}

/** Readers that do not read: every label, no label, no answer. */
export const EMPTY_HANDED: readonly AuditReader[] = [
  constantReader("shotgun: all 14 labels", LABELS),
  { name: "empty solution", answer: () => EMPTY },
  { name: "invalid: no blocks", answer: () => "The lungs are clear." },
];

/** How often a reader names a label that is there, and leaves out one that is not, each label by itself. */
export interface Accuracy {
  readonly sensitivity: number;
  readonly specificity: number;
}

/**
 * A reader of that accuracy on every label. A row and a label always get the same random number, so that a more
 * sensitive reader names all that a less sensitive one does. Where it names nothing it answers with an empty solution.
 */
export function accurateReader({ sensitivity, specificity }: Accuracy, seed: number): AuditReader {
  return {
    name: `reader, sensitivity ${sensitivity}, specificity ${specificity}`,
    answer: (truth, index) => {
      const random = streamOf(seed, index);
      const said = LABELS.filter((label) => {
        const draw = random.uniform();
        return truth.includes(label) ? draw < sensitivity : draw >= specificity;
      });
      return solution(said);
    },
  };
}

const streamOf = (seed: number, index: number): RandomStream => randomStream(seed, "rewards-audit", index);
