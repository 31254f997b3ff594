import { LABELS } from "../labels/label.ts";
import { hashBytes } from "../util/files.ts";

/**
 * What an answer to a prompt has to look like.
 * - `reasoned`: one `<think>...</think>`, then one `<solution>...</solution>`.
 * - `label-only`: one `<solution>...</solution>` and nothing else.
 * In both the solution lists labels of the 14, separated by commas.
 */
export type AnswerContract = "reasoned" | "label-only";

/** A prompt as a file declares it. */
export interface PromptSource {
  readonly name: string;
  /** As the paper's tables call it. */
  readonly title: string;
  /** Raised whenever the text changes, so that two readings of one prompt can be told apart by eye. */
  readonly version: number;
  /** The design cue that the text was written from. */
  readonly cue: string;
  readonly answer: AnswerContract;
  /** `{labels}` and `{answer}` each stand once in it. */
  readonly text: string;
}

/** A prompt ready to be sent: the user's text in full, labels and answer contract filled in. */
export interface Prompt extends PromptSource {
  /** SHA-256, hex, of what the model is shown and of the contract; stored with whatever the prompt produced. */
  readonly hash: string;
}

const ANSWER_SENTENCE: Readonly<Record<AnswerContract, string>> = {
  reasoned: "Answer as <think>reasoning</think><solution>labels, separated by commas</solution>",
  "label-only": "Answer as <solution>labels, separated by commas</solution>",
};

/** Fills in the labels and the answer contract, and hashes the result. */
export function promptOf(source: PromptSource): Prompt {
  const { answer } = source;
  // Functions as replacements: a `$` in a text must stay a `$`.
  const text = source.text
    .trim()
    .replace("{labels}", () => LABELS.join(", "))
    .replace("{answer}", () => ANSWER_SENTENCE[answer]);
  return { ...source, text, hash: hashBytes(JSON.stringify({ answer, text })) };
}
