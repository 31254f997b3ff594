import { LABELS } from "../labels/label.ts";
import type { Prompt } from "../prompts/prompt.ts";
import type { CallJournal } from "./calls/call-journal.ts";
import { type CallPricing, inputTokensAtMost, priceAtMost } from "./calls/call-price.ts";
import { callKey } from "./calls/called-teacher.ts";
import type { TeacherModel } from "./calls/teacher-model.ts";
import type { TeacherRequest } from "./teacher-provider.ts";
import { teacherQuestion } from "./teacher-question.ts";
import type { TeacherText } from "./teacher-text.ts";

/** What a teacher's calls would come to, with one answer an image; answers that the checker throws out come on top. */
export interface TeachingEstimate {
  readonly teacher: string;
  readonly to: string;
  readonly images: number;
  /** Of them, those whose first answer is stored already. */
  readonly answered: number;
  /** Tokens of the calls to come. Input: one for each byte of the question, and the most a picture may count as. */
  readonly tokens: { readonly inputAtMost: number; readonly outputAtMost: number };
  readonly usd: {
    readonly atMost: number;
    /** By the mean of the answers so far; null while there are none. */
    readonly expected: number | null;
    /** Spent by calls made before, at most. */
    readonly spent: number;
    /** At which the run stops; null: nowhere. */
    readonly cap: number | null;
  };
}

/**
 * Estimates without a call.
 * @param work the requests; or, before they are drawn, how many there will be and the prompt they will ask
 * @param journal of the calls made so far; null: none
 */
export function estimateTeaching(
  model: Pick<TeacherModel, "name" | "to" | "identity">,
  text: TeacherText,
  work: readonly TeacherRequest[] | { readonly images: number; readonly prompt: Prompt },
  settings: CallPricing & { readonly spendingCap: number | null },
  journal: Pick<CallJournal, "answerTo" | "answers" | "totals"> | null,
): TeachingEstimate {
  const [images, questions] = "images" in work ? unseen(work, text) : seen(model, work, text, journal);
  const none = { input: 0, output: 0 };
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const costs = [...(journal?.answers() ?? [])].map(({ cost }) => cost);
  return {
    teacher: model.name,
    to: model.to,
    images,
    answered: images - questions.length,
    tokens: {
      inputAtMost: sum(questions.map((question) => inputTokensAtMost(question, settings.imageTokens))),
      outputAtMost: questions.length * settings.maxTokens,
    },
    usd: {
      atMost: sum(questions.map((question) => priceAtMost(question, settings, none))),
      expected: costs.length === 0 ? null : (sum(costs) / costs.length) * questions.length,
      spent: journal?.totals().spentAtMost ?? 0,
      cap: settings.spendingCap,
    },
  };
}

type Question = ReturnType<typeof teacherQuestion>;

/** Every image takes the longest question: all labels are given. */
function unseen(
  { images, prompt }: { images: number; prompt: Prompt },
  text: TeacherText,
): [number, Question[]] {
  const longest = teacherQuestion({ labels: LABELS, prompt }, text);
  return [images, Array.from({ length: images }, () => longest)];
}

function seen(
  model: Pick<TeacherModel, "identity">,
  requests: readonly TeacherRequest[],
  text: TeacherText,
  journal: Pick<CallJournal, "answerTo"> | null,
): [number, Question[]] {
  const open = requests.filter((request) => journal?.answerTo(callKey(model, request, text)) === undefined);
  return [requests.length, open.map((request) => teacherQuestion(request, text))];
}
