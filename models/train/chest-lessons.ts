import { FAINTEST } from "../../src/datasets/phantom/draw-findings.ts";
import { FINDING_LABELS, trueLabels } from "../../src/datasets/phantom/finding.ts";
import { decodeImage } from "../../src/images/decode.ts";
import { type PromptName, promptByName } from "../../src/prompts/builtin-prompts.ts";
import { wordedTeacher } from "../../src/teacher/worded-teacher.ts";
import type { RandomStream } from "../../src/util/random.ts";
import type { Lesson } from "./lesson.ts";
import type { SitePicture } from "./site-pictures.ts";

/** Degrees of severity, of equal width: a graded answer tells the tower more than a yes. */
export const GRADES = ["mild", "moderate", "severe"] as const;
export const ABSENT = "none";

/** Asks for the degree of each finding. Short, so that most of the work goes into seeing. */
export const GRADES_QUESTION = `Grade each finding: ${[ABSENT, ...GRADES].join(", ")}.`;

/**
 * Each of the 13 findings and its degree, in the labels' order. The names are there although they never change: a
 * bare row of degrees could not be learnt, because a small decoder would have to count to know which one it is at.
 */
export function gradesLesson({ record, file, findings }: SitePicture): Lesson {
  const degrees = FINDING_LABELS.map((label) => {
    const severity = findings.find((finding) => finding.label === label)?.severity;
    return `${label} ${severity === undefined ? ABSENT : grade(severity)}`;
  });
  return {
    id: `grades ${record.id}`,
    picture: () => decodeImage(file),
    question: GRADES_QUESTION,
    answer: degrees.join(" "),
  };
}

function grade(severity: number): string {
  const place = Math.floor(((severity - FAINTEST) / (1 - FAINTEST)) * GRADES.length);
  return GRADES[Math.min(place, GRADES.length - 1)] ?? ABSENT;
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

/** A prompt for each picture, drawn by weight. */
export function drawPrompts(
  weights: Readonly<Record<PromptName, number>>,
  count: number,
  stream: RandomStream,
): PromptName[] {
  const names = Object.entries(weights) as [PromptName, number][];
  const sum = names.reduce((total, [, weight]) => total + weight, 0);
  return Array.from({ length: count }, () => {
    let left = stream.uniform() * sum;
    for (const [name, weight] of names) {
      left -= weight;
      if (left < 0) return name;
    }
    return names[0]?.[0] ?? "free";
  });
}
