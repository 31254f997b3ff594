/** What a long stage tells while it works. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted: "images", "steps". */
  readonly unit: string;
  /** A few words on the state, e.g. "loss 0.412". */
  readonly note?: string;
}

export type OnProgress = (progress: Progress) => void;
