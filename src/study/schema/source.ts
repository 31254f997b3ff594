/**
 * Where a setting's default comes from, written at the setting (`.meta(...)`) and read by the report, which lists every
 * setting that a study changed.
 */
export const paper = (section: string) => ({ source: `the paper, ${section}` });
/** The paper needs a value here and does not give it; the default is our decision. */
export const UNSTATED = { source: "unstated" };
/** A setting that the paper has no need of. */
export const OURS = { source: "ours" };
