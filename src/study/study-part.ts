import type { Stage } from "./stage.ts";

/** The parts of the line, in order: each is the last that a command of its name runs. */
export const STUDY_PARTS = ["data", "cohort", "teach", "sft", "grpo", "evaluate", "report"] as const;
export type StudyPart = (typeof STUDY_PARTS)[number];

/** The first word of the names of a part's stages. */
const STAGE_WORDS: Readonly<Record<StudyPart, readonly string[]>> = {
  data: ["data"],
  cohort: ["cohort", "test-set"],
  teach: ["teach"],
  sft: ["sft"],
  grpo: ["grpo"],
  evaluate: ["predict", "label-scores"],
  report: ["report"],
};

/** A part's stages and all that they need, in the order given. */
export function stagesOf(stages: readonly Stage[], part: StudyPart): Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const wanted = new Set<string>();
  const want = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const need of byName.get(name)?.needs ?? []) want(need);
  };
  for (const { name } of stages) if (STAGE_WORDS[part].includes(name.split(" ")[0] ?? "")) want(name);
  return stages.filter(({ name }) => wanted.has(name));
}
