import type { TeacherRequest } from "./teacher-provider.ts";
import type { TeacherText } from "./teacher-text.ts";

/** What a language model is asked: its standing instructions, and what stands beside the picture. */
export interface TeacherQuestion {
  readonly system: string;
  readonly user: string;
}

/**
 * Puts a request into the teacher's words. The record gives its labels alone: no name, number, age or sex of a patient
 * stands in the text.
 */
export function teacherQuestion(
  request: Pick<TeacherRequest, "labels" | "prompt" | "remark"> & Partial<TeacherRequest>,
  text: TeacherText,
): TeacherQuestion {
  const { labels, prompt, remark } = request;
  // Functions as replacements: a `$` in a text must stay a `$`.
  const user = text.user
    .replace("{question}", () => prompt.text)
    .replace("{labels}", () => labels.join(", "));
  return { system: text.system, user: remark ? `${user}\n\n${text.remarks[remark]}` : user };
}
