import { textTable } from "../util/text-table.ts";
import { CONVENTIONS } from "./convention.ts";
import { LABELS, type Label } from "./label.ts";
import type { HospitalKind, LabelConvention } from "./label-mapping.ts";

/** A convention as one JSON object: `chexreason data labels --map HOSPITAL --json`. */
export interface ConventionReport extends LabelConvention {
  readonly schema: "chexreason.data-labels/1";
  /** The labels that the hospital cannot state. */
  readonly outside: readonly Label[];
}

/** How a hospital's own words become labels. */
export function conventionReport(kind: HospitalKind): ConventionReport {
  const convention = CONVENTIONS[kind];
  const outside = LABELS.filter((label) => !convention.stated.includes(label));
  return { schema: "chexreason.data-labels/1", ...convention, outside };
}

const SCOPES = { matched: "", wider: "on request (wider)", none: "left out" } as const;

/** The same as text: the mapping as a table, then what it cannot say. */
export function renderConvention({
  source,
  values,
  mapping,
  outside,
  rulesOutNoFinding,
  neverSays,
}: ConventionReport): string {
  const rows = mapping.map(({ finding, label, scope, evidence }) => [
    finding,
    label ?? "-",
    SCOPES[scope],
    evidence,
  ]);
  return [
    `From: ${source}`,
    `Values: ${values}`,
    "",
    ...textTable(["the hospital's name", "label", "read", "evidence"], rows),
    "",
    `Outside: ${outside.join(", ") || "no label"}`,
    `Rules out No Finding: ${rulesOutNoFinding}`,
    ...neverSays.map((text) => `Never says: ${text}`),
    "",
  ].join("\n");
}
