import type { ParsedCompletion } from "../completions/parsed-completion.ts";
import type { Engine, ForwardGroup } from "../engine/engine.ts";
import { byLabel, canonicalOrder, LABELS, type Label } from "../labels/label.ts";
import type { OnProgress } from "../util/progress.ts";
import { slices } from "../util/slices.ts";
import type { LabelProbability } from "./score-metrics/label-scorer.ts";

/**
 * How sure a model is of each label: the log-probability of its own answer with the label, minus that without it. The
 * answer is written in canonical order after the model's own reasoning, so one of the two is what the model said, and
 * the reasoning itself is scored in neither.
 *
 * Not covered: text that the model wrote outside its blocks is left away, and an answer that names no label is scored
 * as an empty solution, which a trained model all but never writes; its only label scores high for that.
 */

/** A model's answer to one picture. */
export interface AnsweredPrompt {
  /** Of the prompt with its picture, as Prepare gave it. */
  readonly handle: string;
  readonly completion: ParsedCompletion;
}

/** Nats, one a label; null where the answer could not be read. */
export type LogOdds = Readonly<Record<Label, number>> | null;

/** Answers scored in one Forward: each has 15 short completions. */
const ANSWERS_AT_ONCE = 8;

/**
 * The 15 texts that score an answer: as it is, then with each of the 14 labels added, or taken away where it was there.
 */
export function answerVariants(think: string | null, labels: readonly Label[]): string[] {
  const reasoning = think === null ? "" : `<think>${think}</think>`;
  const text = (named: Iterable<Label>) =>
    `${reasoning}<solution>${canonicalOrder(named).join(", ")}</solution>`;
  const toggled = LABELS.map((label) =>
    text(labels.includes(label) ? labels.filter((other) => other !== label) : [...labels, label]),
  );
  return [text(labels), ...toggled];
}

/** Scores every label of every answer; in the order given. `adapter` empty: the base model. */
export async function labelScores(
  engine: Engine,
  answers: readonly AnsweredPrompt[],
  { adapter }: { readonly adapter: string },
  onProgress?: OnProgress,
): Promise<LogOdds[]> {
  const scores: LogOdds[] = answers.map(() => null);
  const numbered = answers.flatMap(({ handle, completion }, index) =>
    completion.outcome === "labels" ? [{ index, handle, completion }] : [],
  );
  let done = 0;
  for (const batch of slices(numbered, ANSWERS_AT_ONCE)) {
    const texts = batch.flatMap(({ completion }) => answerVariants(completion.think, completion.labels));
    const tokens = await engine.tokenize(texts);
    const each = LABELS.length + 1;
    const split = batch.map((_, at) => splitPrefix(tokens.slice(at * each, (at + 1) * each)));
    const extended: string[] = [];
    try {
      for (const [at, { handle }] of batch.entries()) {
        const prefix = split[at]?.prefix ?? [];
        extended.push(prefix.length === 0 ? handle : (await engine.extend(handle, prefix)).handle);
      }
      const groups = split.map(
        ({ rests }, at): ForwardGroup => ({ handle: extended[at] ?? "", completions: rests }),
      );
      const result = await engine.forward({ groups, adapter });
      for (const [at, { index, completion }] of batch.entries()) {
        const sums = (result.groups[at] ?? []).map(({ logprob }) => logprob.reduce((a, b) => a + b, 0));
        scores[index] = logOddsOf(sums, completion.labels);
      }
    } finally {
      // The same picture with the same reasoning is one handle, and the prompt's own is not ours to free.
      const given = new Set(batch.map(({ handle }) => handle));
      for (const handle of new Set(extended)) if (!given.has(handle)) await engine.free({ handle });
    }
    done += batch.length;
    onProgress?.({ done, total: numbered.length, unit: "answers", note: "scoring labels" });
  }
  return scores;
}

/**
 * The tokens that all texts begin with, and what each goes on with. By tokens and not by letters, because a token may
 * reach over the end of the reasoning; whatever is common cancels out of every difference.
 */
function splitPrefix(texts: readonly (readonly number[])[]): { prefix: number[]; rests: number[][] } {
  const [first = []] = texts;
  const differs = first.findIndex((token, at) => texts.some((other) => other[at] !== token));
  const common = differs === -1 ? Math.max(0, first.length - 1) : differs;
  return { prefix: first.slice(0, common), rests: texts.map((tokens) => tokens.slice(common)) };
}

function logOddsOf(sums: readonly number[], labels: readonly Label[]): Record<Label, number> {
  const [own] = sums;
  if (own === undefined || sums.length !== LABELS.length + 1) {
    throw new Error(`labelScores: ${sums.length} completions were scored, not ${LABELS.length + 1}`);
  }
  return byLabel((label) => {
    const toggled = sums[1 + LABELS.indexOf(label)] as number;
    return labels.includes(label) ? own - toggled : toggled - own;
  });
}

/** Log-odds as scores to rank by, with the probability of the answer with the label against that without it. */
export function probabilitiesOf(logOdds: LogOdds): Readonly<Record<Label, LabelProbability>> | null {
  if (logOdds === null) return null;
  return byLabel((label) => ({ score: logOdds[label], probability: 1 / (1 + Math.exp(-logOdds[label])) }));
}
