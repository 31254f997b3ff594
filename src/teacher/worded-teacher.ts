import { formatCompletion } from "../completions/format-completion.ts";
import type { View } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import { PROMPT_NAMES, type PromptName, promptByName } from "../prompts/builtin-prompts.ts";
import { type RandomStream, randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { checklistReading } from "./checklist-reading.ts";
import { freeReading } from "./free-reading.ts";
import { narrativeReading } from "./narrative-reading.ts";
import type { TeacherProvider } from "./teacher-provider.ts";

/** Raised whenever the wording changes: traces of different wordings must not pass for one set. */
export const WORDED_TEACHER_VERSION = "worded-1";

/**
 * How each built-in prompt is answered; null where no reasoning is asked for. The ablation's prompts that are no
 * fine-tuning format get the concise reading: such answers serve to make the tiny models, which must have met every
 * prompt, and are no traces of the paper's formats.
 */
const READINGS: Readonly<
  Record<PromptName, ((labels: readonly Label[], view: View, stream: RandomStream) => string) | null>
> = {
  "only-label": null,
  free: freeReading,
  narrative: narrativeReading,
  a: checklistReading,
  "self-check": freeReading,
  hypothesis: freeReading,
  b: freeReading,
  c: freeReading,
  d: freeReading,
  e: freeReading,
  f: freeReading,
};

/**
 * The teacher of the default study: the given labels put into words, in radiological phrasing that reads as if they
 * had been seen. It looks at no picture and opens no file: all it has is what the training labeler wrote, omissions
 * and all, and so it claims no side, size or degree. The same seed and record give the same reading.
 */
export const wordedTeacher: TeacherProvider = {
  name: "worded",
  modelVersion: WORDED_TEACHER_VERSION,
  async write({ record, labels, prompt, seed }) {
    const name = PROMPT_NAMES.find((known) => known === prompt.name);
    if (name === undefined || promptByName(name).hash !== prompt.hash) {
      throw new UserError(
        `the worded teacher has no readings for the prompt "${prompt.name}"; choose one of ${PROMPT_NAMES.join(", ")}`,
        2,
      );
    }
    const reading = READINGS[name];
    const stream = randomStream(seed, "worded-teacher", name, record.site, record.id);
    const think = reading === null ? null : reading(labels, record.view, stream);
    return {
      text: formatCompletion({ think, labels }),
      finish: "stop",
      modelVersion: WORDED_TEACHER_VERSION,
    };
  },
};
