/** Something that a study needs before it can run. */
export interface Need {
  /** What, e.g. "data mimic", "model", "disk". */
  readonly name: string;
  /** `unknown`: cannot be told without asking the network, which a dry run does not. */
  readonly state: "ready" | "missing" | "unknown";
  readonly detail: string;
  /** What to do where it is missing, with the page where it is had. */
  readonly remedy: string;
}

/** A need that is met. */
export const ready = (name: string, detail: string): Need => ({ name, state: "ready", detail, remedy: "" });
