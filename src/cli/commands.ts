import type { Command } from "commander";
import { DATA_COMMANDS } from "./data-commands.ts";

type AddCommand = (program: Command) => void;

interface Entry {
  /** The words that the commands begin with. */
  readonly words: readonly string[];
  readonly load: () => Promise<AddCommand>;
}

/** Every command, in the order of the help. Those that add to another's command come after it. */
const ENTRIES: readonly Entry[] = [
  { words: ["run"], load: async () => (await import("./run.ts")).addRun },
  { words: ["status"], load: async () => (await import("./status.ts")).addStatus },
  {
    words: ["data", "cohort", "teach", "sft", "grpo", "evaluate", "report"],
    load: async () => (await import("./parts.ts")).addParts,
  },
  { words: ["data"], load: async () => (await import("./data.ts")).addData },
  { words: ["evaluate"], load: async () => (await import("./evaluate.ts")).addEvaluate },
  { words: ["transfer"], load: async () => (await import("./transfer.ts")).addTransfer },
  { words: ["cohort"], load: async () => (await import("./cohort.ts")).addCohort },
  { words: ["traces"], load: async () => (await import("./traces.ts")).addTraces },
  { words: ["traces"], load: async () => (await import("./traces-review.ts")).addTraceReviews },
  { words: ["predict"], load: async () => (await import("./predict.ts")).addPredict },
  { words: ["probe"], load: async () => (await import("./probe.ts")).addProbe },
  { words: ["export"], load: async () => (await import("./export.ts")).addExport },
  { words: ["tensorboard"], load: async () => (await import("./tensorboard.ts")).addTensorboard },
  { words: ["rewards"], load: async () => (await import("./rewards.ts")).addRewards },
  { words: ["prompts"], load: async () => (await import("./prompts.ts")).addPrompts },
  { words: ["init"], load: async () => (await import("./init.ts")).addInit },
  { words: ["doctor"], load: async () => (await import("./doctor.ts")).addDoctor },
];

/**
 * The commands that a command line may mean: loading all of them takes seconds, which a table is counted in. All of
 * them where it names none, so that the help and the error list them.
 * @param words the command line without node and the script
 */
export async function commandsFor([word = "", next = ""]: readonly string[]): Promise<AddCommand[]> {
  const asked = ENTRIES.filter(({ words }) => words.includes(word));
  const tables = word === "data" && DATA_COMMANDS.includes(next);
  const chosen = tables ? asked.filter(({ words }) => words.length === 1) : asked;
  return Promise.all((chosen.length > 0 ? chosen : ENTRIES).map(({ load }) => load()));
}
