import { type GrpoLogs, type GrpoRun, type GrpoState, POLICY } from "./grpo-run.ts";
import { type ReaderValidation, validateReader } from "./validate-reader.ts";

/**
 * Reads every validation set and writes one row of metrics: the training hospital's scores by their names, all
 * hospitals' under `hospitals` where there are more, and the value to choose by. Gives that value.
 */
export async function validate(run: GrpoRun, { metrics }: GrpoLogs, rollout: number): Promise<number> {
  const { engine, validation, settings, answer } = run;
  const { chooseBy, maxTokens } = settings;
  const reads: [string, ReaderValidation][] = [];
  for (const set of validation)
    reads.push([set.data, await validateReader(engine, POLICY, set, { maxTokens, answer })]);
  const value = reads.reduce((sum, [, read]) => sum + read[chooseBy], 0) / reads.length;
  const [, home] = reads[0] ?? [];
  await metrics.append({
    kind: "validation",
    rollout,
    ...home,
    ...(reads.length > 1 ? { hospitals: Object.fromEntries(reads) } : {}),
    chooseBy,
    value,
  });
  return value;
}

/** Better than the best so far, not merely equal: of equals the earlier stays. */
export function chooseBest(state: GrpoState, value: number): GrpoState {
  return value > state.bestValue ? { ...state, bestRollout: state.rollout, bestValue: value } : state;
}
