import { formatCompletion } from "../completions/format-completion.ts";
import type { TeacherProvider } from "./teacher-provider.ts";

/**
 * Answers a prompt that asks for labels and no reasoning: the given labels in the answer's form. Whoever the study's
 * teacher is, there is nothing to ask it here, and nothing to pay it for.
 */
export const labelOnlyTeacher: TeacherProvider = {
  name: "labels",
  modelVersion: "labels-1",
  async write({ labels }) {
    return { text: formatCompletion({ think: null, labels }), finish: "stop", modelVersion: "labels-1" };
  },
};
