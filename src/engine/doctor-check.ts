/** One thing that was looked at. */
export interface DoctorCheck {
  /** Stable, for programs: `node`, `python`, ... */
  readonly name: string;
  /** `warning`: chexreason runs, but something may come in the way. `fault`: it does not run. */
  readonly outcome: "ok" | "warning" | "fault";
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** What makes good whatever `npm run setup` makes. */
export const SETUP = "npm run setup";
