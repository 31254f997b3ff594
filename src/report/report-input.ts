import type { BestOf } from "../evaluation/best-of.ts";
import type { Comparison } from "../evaluation/compare.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import type { LabelScoreEvaluation } from "../evaluation/score-metrics/evaluate-label-scores.ts";
import type { Subgroups } from "../evaluation/subgroups/measure-subgroups.ts";
import type { Transfer } from "../evaluation/transfer/transfer.ts";
import type { Label } from "../labels/label.ts";

/** All that the report shows. It is drawn from this alone: the same input gives the same bytes. */
export interface ReportInput {
  readonly study: {
    readonly name: string;
    /** One or two sentences: what was trained on what, and the question. */
    readonly description: string;
    /** Of chexreason. */
    readonly version: string;
    readonly seed: number;
  };
  /** In the order they are shown; trivial readers after the trained models. */
  readonly models: readonly ReportModel[];
  readonly hospitals: readonly ReportHospital[];
  /** One for each model and hospital. */
  readonly evaluations: readonly Evaluation[];
  /** What is known of images that a model may have been trained on; models that nothing is known of are left out. */
  readonly contaminations: readonly ReportContamination[];
  /** What was picked as the best of several on the way to a model; models that nothing was picked for are left out. */
  readonly bestOf: readonly { readonly model: string; readonly bestOf: BestOf }[];
  /** Paired differences, such as sft against base, in the order they are shown. */
  readonly comparisons: readonly Comparison[];
  /** Whether gains hold in another hospital. */
  readonly transfer: ReportTransfer;
  /** Of each trained model on each hospital. */
  readonly subgroups: readonly Subgroups[];
  /** Of each model whose answers were scored label by label; empty where none was. */
  readonly labelScores: readonly LabelScoreEvaluation[];
  readonly sft: SftCurves | null;
  readonly grpo: readonly GrpoPoint[] | null;
  /** Null exactly where `grpo` is. */
  readonly grpoRun: GrpoRunFacts | null;
  readonly samples: readonly SampleReading[];
  readonly cohorts: readonly ReportCohort[];
  /** Recipe values that this study changed from the paper's. */
  readonly scaled: readonly ScaledSetting[];
  readonly notVerified: readonly string[];
  readonly stages: readonly ReportStage[];
  /** The whole configuration as text (YAML). */
  readonly config: string;
}

export interface ReportModel {
  /** As in the evaluations: base, sft, grpo, always, prior, constant. */
  readonly id: string;
  /** For people: "After SFT". */
  readonly name: string;
  readonly description: string;
  /** outside: a model from elsewhere. */
  readonly kind: "trained" | "outside" | "trivial";
  /** The step of the recipe that made it; null for a model from elsewhere and for a trivial reader. */
  readonly step: "base" | "sft" | "grpo" | null;
  /** The title of the prompt that it is asked; null where `step` is. */
  readonly prompt: string | null;
}

export interface ReportContamination {
  readonly model: string;
  readonly data: string;
  /** One each: "possible contamination: ... (source)". */
  readonly texts: readonly string[];
}

/** The verdict, or why there is none. */
export type ReportTransfer =
  | { readonly outcome: "judged"; readonly transfer: Transfer }
  | { readonly outcome: "not judged"; readonly why: string };

/** What GRPO was, and what its monitor and its validations wrote down. */
export interface GrpoRunFacts {
  readonly reward: string;
  /** Which checkpoint the results are of. */
  readonly evaluated: "best" | "last";
  readonly bestRollout: number;
  readonly validations: readonly {
    readonly rollout: number;
    readonly jaccard: number | null;
    readonly jaccardValid: number | null;
    readonly failureRate: number | null;
  }[];
  readonly collapses: readonly CollapseEvent[];
}

/** Rules of the collapse monitor that had held long enough. */
export interface CollapseEvent {
  readonly rollout: number;
  readonly alarms: readonly { readonly rule: string; readonly detail: string }[];
  readonly action: string;
  /** The checkpoint gone back to. */
  readonly to: number | null;
}

export interface ReportHospital {
  /** As in the evaluations: phantom-chexpert. */
  readonly id: string;
  readonly name: string;
  /** What it is in this study: "same labels, never trained on". */
  readonly description: string;
}

export interface SftCurves {
  readonly training: readonly {
    readonly step: number;
    readonly loss: number;
    readonly tokenAccuracy: number;
  }[];
  readonly validation: readonly {
    readonly step: number;
    readonly loss: number;
    readonly tokenAccuracy: number;
  }[];
  /** The step whose adapter was kept. */
  readonly bestStep: number;
}

/** One step of GRPO; a value that a run does not log is left out. */
export interface GrpoPoint {
  readonly step: number;
  /** Mean over the step's completions. */
  readonly reward: number;
  /** Mean of each component of the reward. */
  readonly components: Readonly<Record<string, number>>;
  /** Mean length in tokens. */
  readonly completionLength: number;
  readonly entropy?: number;
  readonly kl?: number;
  readonly clipFraction?: number;
  readonly gradientNorm?: number;
  /** Share of completions whose answer could not be read. */
  readonly failureShare: number;
  /** The same by reason; a reason that failed none is left out. */
  readonly failureReasons?: Readonly<Record<string, number>>;
  /** Shares of completions that the limit cut off, that repeat themselves, that are another image's to the letter. */
  readonly truncated?: number;
  readonly looping?: number;
  readonly sameText?: number;
  /** Share of the answers read that name each label. */
  readonly labelShares: Readonly<Partial<Record<Label, number>>>;
}

/** One image beside what each model said of it. */
export interface SampleReading {
  readonly id: string;
  readonly patient: string;
  readonly data: string;
  readonly truth: readonly Label[];
  /** A small picture as a data URI (see `thumbnail`), or null. */
  readonly picture: string | null;
  /** Why it is shown: "GRPO gained", "both wrong". */
  readonly reason: string;
  readonly answers: readonly SampleAnswer[];
}

export interface SampleAnswer {
  readonly model: string;
  /** The completion as the model wrote it; it is never trusted. */
  readonly text: string;
  readonly predicted: readonly Label[] | null;
  readonly failure: string | null;
  /** The reward and its parts, where it was scored. */
  readonly reward: readonly { readonly name: string; readonly value: number }[];
}

export interface ReportCohort {
  readonly name: string;
  /** The first digits of the SHA-256 of its file. */
  readonly hash: string;
  readonly images: number;
  readonly patients: number;
  /** Positives of each label. */
  readonly positives: Readonly<Partial<Record<Label, number>>>;
  /** Images left out, by reason. */
  readonly excluded: readonly { readonly reason: string; readonly count: number }[];
}

export interface ScaledSetting {
  readonly setting: string;
  readonly paper: string;
  readonly here: string;
  readonly why: string;
}

export interface ReportStage {
  readonly name: string;
  readonly hash: string;
  /** Anything worth a cell: "stopped by patience at step 120". */
  readonly note: string;
}
