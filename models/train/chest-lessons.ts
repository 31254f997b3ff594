import { FAINTEST } from "../../src/datasets/phantom/draw-findings.ts";
import { FINDING_LABELS, trueLabels } from "../../src/datasets/phantom/finding.ts";
import { decodeImage } from "../../src/images/decode.ts";
import { type PromptName, promptByName } from "../../src/prompts/builtin-prompts.ts";
import { wordedTeacher } from "../../src/teacher/worded-teacher.ts";
import type { RandomStream } from "../../src/util/random.ts";
import type { Lesson } from "./lesson.ts";
import type { SitePicture } from "./site-pictures.ts";

/** Degrees of severity, of equal width. */
export const DEGREES = ["mild", "moderate", "severe"] as const;
export const ABSENT = "none";
/** Rows, and columns, that a picture is divided into to say where a finding is: the tower's patches. */
const GRID = 8;

/** Asks where each finding is. Short, so that most of the work goes into seeing. */
export const SEARCH_QUESTION = "Where is each finding?";

/**
 * Each of the 13 findings in the labels' order: absent, or the row and the column of its middle and its degree. Place
 * before degree, because a place teaches the tower several times as fast as a yes: what is there has to differ from
 * what is elsewhere in the same picture. The names are written although they never change: a bare row of answers
 * could not be learnt, because a small decoder would have to count to know which finding it is at.
 */
export function searchLesson({ record, file, findings }: SitePicture): Lesson {
  const answers = FINDING_LABELS.map((label) => {
    const found = findings.find((finding) => finding.label === label);
    return `${label} ${found ? `${cell(found.y)} ${cell(found.x)} ${degree(found.severity)}` : ABSENT}`;
  });
  return {
    id: `search ${record.id}`,
    picture: () => decodeImage(file),
    question: SEARCH_QUESTION,
    answer: answers.join(" "),
  };
}

/** 1 to GRID, from the top or from the left. */
function cell(share: number): number {
  return 1 + Math.min(GRID - 1, Math.max(0, Math.floor(share * GRID)));
}

function degree(severity: number): string {
  const place = Math.floor(((severity - FAINTEST) / (1 - FAINTEST)) * DEGREES.length);
  return DEGREES[Math.min(place, DEGREES.length - 1)] ?? ABSENT;
}

/** A built-in prompt, answered in its contract from the true findings. */
export async function readingLesson(
  { record, file, findings }: SitePicture,
  name: PromptName,
  seed: number,
): Promise<Lesson> {
  const prompt = promptByName(name);
  const { text } = await wordedTeacher.write({ record, labels: trueLabels(findings), prompt, seed });
  return {
    id: `${name} ${record.id}`,
    picture: () => decodeImage(file),
    question: prompt.text,
    answer: text,
  };
}

/** Short questions that are answered as the prompts of these names are. */
export const SHORT_QUESTIONS = { free: "Read.", "only-label": "Labels?" } as const;

/** The answer to a built-in prompt under a short question: the same words for half the work. */
export async function tellingLesson(
  picture: SitePicture,
  name: keyof typeof SHORT_QUESTIONS,
  seed: number,
): Promise<Lesson> {
  const lesson = await readingLesson(picture, name, seed);
  return { ...lesson, id: `short ${lesson.id}`, question: SHORT_QUESTIONS[name] };
}

/** A prompt, drawn by weight. */
export function drawPrompt(weights: Readonly<Record<PromptName, number>>, stream: RandomStream): PromptName {
  const names = Object.entries(weights) as [PromptName, number][];
  let left = stream.uniform() * names.reduce((total, [, weight]) => total + weight, 0);
  for (const [name, weight] of names) {
    left -= weight;
    if (left < 0) return name;
  }
  throw new Error("drawPrompt: every weight is 0");
}
