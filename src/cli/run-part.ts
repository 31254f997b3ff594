import type { Study } from "../study/load-study.ts";
import type { RunOutcome } from "../study/run-stages.ts";
import { Interrupted, runStudy } from "../study/run-study.ts";
import { runVariants } from "../study/run-variants.ts";
import type { StudyPart } from "../study/study-part.ts";
import { durationText, type Terminal } from "./terminal.ts";

/** Exit code of an interrupted command. */
export const INTERRUPTED = 130;

/** Runs a study up to a part and tells of it; an interruption ends the process with 130. */
export async function runPart(
  study: Study,
  until: StudyPart,
  out: Terminal,
  { verbose = false }: { verbose?: boolean },
): Promise<Pick<RunOutcome, "worked">> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  let current = "";
  try {
    const run = study.variants.length === 0 ? runStudy : runVariants;
    return await run(study, {
      until,
      signal: abort.signal,
      engine: {
        say: (line) => out.say(`chexreason: ${line}`),
        ...(verbose ? { log: (line: string) => out.say(`engine: ${line}`) } : {}),
      },
      listener: {
        onStage({ stage, index, count, state, summary, seconds }) {
          current = stage;
          if (state === "skipped") return;
          const took = state === "finished" ? `: ${summary} (${durationText(seconds)})` : " ...";
          out.say(`[${index}/${count}] ${stage}${took}`);
        },
        onProgress: (progress) => out.progress(current, progress),
      },
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    out.say("chexreason: interrupted; run the same command again to go on from the last checkpoint");
    return process.exit(INTERRUPTED);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
  }
}
