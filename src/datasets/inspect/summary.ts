import type { LabelRow } from "../../labels/label.ts";
import { type LabelTally, tallyLabels } from "../../labels/label-tally.ts";
import { type ExclusionReason, VIEWS, type View } from "../record.ts";
import { isFrontal } from "../views.ts";
import { type AgeSummary, summarizeAges } from "./age-summary.ts";
import type { InspectedRow, Inspection } from "./inspected-row.ts";

/** What a table holds. Counts are of images, or of studies where the table is one of studies. */
export interface TableSummary {
  readonly unit: "image" | "study";
  /** Rows of the source: those counted and those set aside. */
  readonly rows: number;
  readonly counted: number;
  readonly setAside: Readonly<Partial<Record<ExclusionReason, number>>>;
  /** Null where the table does not say whose its rows are. */
  readonly patients: number | null;
  /** Null where the table is one of studies. */
  readonly frontal: number | null;
  readonly views: Readonly<Record<View, number>> | null;
  readonly sex: { readonly F: number; readonly M: number; readonly unknown: number };
  readonly age: AgeSummary;
  readonly tally: LabelTally;
  /** How often each of the hospital's own words for a finding stands there; null where it has none. */
  readonly findings: Readonly<Record<string, number>> | null;
}

/** Counts the rows of a table one by one. A second row of the same image or study is set aside. */
export class SummaryBuilder {
  private readonly unit: "image" | "study";
  private readonly ids = new Set<string>();
  private readonly patients = new Set<string>();
  private readonly setAside: Partial<Record<ExclusionReason, number>> = {};
  private readonly views = new Map<View, number>();
  private readonly sexes = { F: 0, M: 0, unknown: 0 };
  private readonly ages: number[] = [];
  private readonly labels: LabelRow[] = [];
  private readonly findings = new Map<string, number>();
  private rows = 0;
  private anonymous = 0;

  constructor(unit: "image" | "study") {
    this.unit = unit;
  }

  take(inspection: Inspection): void {
    this.rows++;
    if (inspection.kind === "set aside") this.count(inspection.reason);
    else if (this.ids.has(inspection.row.id)) this.count("duplicate row");
    else this.add(inspection.row);
  }

  private add({ id, patient, view, sex, age, labels, findings }: InspectedRow): void {
    this.ids.add(id);
    if (patient === null) this.anonymous++;
    else this.patients.add(patient);
    if (view !== null) this.views.set(view, (this.views.get(view) ?? 0) + 1);
    this.sexes[sex ?? "unknown"]++;
    if (age !== null) this.ages.push(age);
    this.labels.push(labels);
    for (const finding of findings ?? []) this.findings.set(finding, (this.findings.get(finding) ?? 0) + 1);
  }

  finish(): TableSummary {
    const views = [...this.views];
    return {
      unit: this.unit,
      rows: this.rows,
      counted: this.ids.size,
      setAside: this.setAside,
      patients: this.anonymous > 0 ? null : this.patients.size,
      frontal:
        this.unit === "study"
          ? null
          : views.reduce((sum, [view, count]) => sum + (isFrontal(view) ? count : 0), 0),
      views: this.unit === "study" ? null : countsOf(VIEWS, this.views),
      sex: this.sexes,
      age: summarizeAges(this.ages, this.ids.size - this.ages.length),
      tally: tallyLabels(this.labels),
      findings: this.findings.size === 0 ? null : Object.fromEntries([...this.findings].sort(byCount)),
    };
  }

  private count(reason: ExclusionReason): void {
    this.setAside[reason] = (this.setAside[reason] ?? 0) + 1;
  }
}

function countsOf(views: readonly View[], counts: ReadonlyMap<View, number>): Record<View, number> {
  return Object.fromEntries(views.map((view) => [view, counts.get(view) ?? 0])) as Record<View, number>;
}

const byCount = (a: readonly [string, number], b: readonly [string, number]): number => b[1] - a[1];
