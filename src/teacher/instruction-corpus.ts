import { LABELS } from "../labels/label.ts";
import { PROMPT_NAMES, promptByName } from "../prompts/builtin-prompts.ts";
import {
  CHECKLIST_STEPS,
  NO_FINDING_STEP,
  NORMAL_STEPS,
  PLAIN_STEPS,
  VIEW_STEPS,
} from "./checklist-reading.ts";
import {
  FINDING_NOUNS,
  FINDING_SENTENCES,
  NO_FINDING_SENTENCES,
  NORMAL_SENTENCES,
} from "./finding-phrases.ts";
import { LIST_OPENINGS, OPENINGS } from "./free-reading.ts";
import { CONCLUSION_OPENINGS, TRANSITIONS } from "./narrative-reading.ts";

/**
 * Every text that a model of the default study reads or writes, piece by piece: prompts, labels, blocks and all the
 * teacher's phrases. A vocabulary trained on it spells each of them in few tokens.
 */
export function instructionCorpus(): string[] {
  const tables = [
    FINDING_SENTENCES,
    FINDING_NOUNS,
    NORMAL_SENTENCES,
    OPENINGS,
    LIST_OPENINGS,
    TRANSITIONS,
    NORMAL_STEPS,
  ];
  return [
    ...PROMPT_NAMES.map((name) => promptByName(name).text),
    ...LABELS,
    `<think></think><solution>${LABELS.join(", ")}</solution>`,
    ...tables.flatMap((table) => Object.values<readonly string[]>(table).flat()),
    ...NO_FINDING_SENTENCES,
    ...CONCLUSION_OPENINGS,
    ...CHECKLIST_STEPS.map((step, index) => `${index + 1}. ${step.title}:`),
    ...PLAIN_STEPS,
    NO_FINDING_STEP,
    ...Object.values(VIEW_STEPS),
  ];
}
