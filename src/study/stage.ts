import type { OnProgress } from "../util/progress.ts";
import type { EngineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";

/** A step of a study. It writes files, and is done when they are there and nothing it read has changed. */
export interface Stage {
  /** e.g. `sft`, `predict base@phantom-nih`. */
  readonly name: string;
  /** Stages whose files it reads. */
  readonly needs: readonly string[];
  /** Everything else that its result depends on. */
  readonly config: unknown;
  /**
   * Files that a person may put into the study's folder and that it reads where they are; their content counts.
   * Relative to the study's folder.
   */
  readonly inputs?: readonly string[];
  run(context: StageContext): Promise<StageResult>;
}

export interface StageContext {
  readonly study: Study;
  readonly engines: EngineHost;
  /** Of this stage: names its run folder. */
  readonly hash: string;
  readonly onProgress: OnProgress;
  /** A file of the study, by its path relative to the study's folder. */
  path(...parts: string[]): string;
  /** What a needed stage gave back, and its hash. */
  result(stage: string): StageResult & { readonly hash: string };
}

export interface StageResult {
  /** Relative to the study's folder, forward slashes. */
  readonly files: readonly string[];
  /** A few words for the terminal, e.g. "2,000 traces, 3 set aside". */
  readonly summary: string;
  /** Small facts that later stages read, JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
}
