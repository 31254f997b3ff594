import { matchedLabels } from "../../labels/convention.ts";
import type { Label } from "../../labels/label.ts";
import { LEVEL } from "../estimate-tree.ts";
import type { Estimate } from "../interval.ts";
import { contributions, type LabelContribution } from "./contributions.ts";
import { chooseHospitals, type TransferHospital } from "./hospital-role.ts";
import { checkMargin, DEFAULT_DELTA } from "./judge-transfer.ts";
import { byMeasure, type PerMeasure, VERDICT_MEASURE } from "./measures.ts";
import type { PaperTables } from "./paper-tables.ts";
import type { Change, MatrixRow, Transfer, TransferContrast, TransferPair } from "./transfer.ts";

/** Decimals of a printed average: a mean that rounds to another value is remarked on. */
const PRINTED_DECIMALS = 3;

export interface PaperOptions {
  readonly home?: string | undefined;
  readonly away?: readonly string[] | undefined;
  readonly delta?: number | undefined;
}

/**
 * The matrix and the contrasts of printed numbers. Means are worked out from the labels' F1, not taken from the printed
 * averages. Without patients there are no intervals, no rates and no verdict: only `all` and `matched` have values, and
 * every contrast is inconclusive.
 */
export function transferFromPaper(tables: PaperTables, options: PaperOptions = {}): Transfer {
  const { delta = DEFAULT_DELTA } = options;
  checkMargin(delta);
  const hospitals: TransferHospital[] = tables.hospitals.map(({ name, role }) => ({
    name,
    role,
    stated: tables.labelsOf(name),
  }));
  const { home, away } = chooseHospitals(hospitals, options);
  const pairs = away.map((other) => pairOf(tables, home, other));
  return {
    schema: "chexreason.transfer/1",
    subject: tables.source,
    scope: { kind: "printed numbers", source: tables.source },
    measure: VERDICT_MEASURE,
    delta,
    declaredDelta: null,
    interval: { method: "none", level: LEVEL, resamples: 0, seed: 0 },
    hospitals: [home, ...away].map(({ name, role, stated }) => {
      const images = tables.hospitals.find((hospital) => hospital.name === name)?.images ?? null;
      return { name, role, images, patients: null, labels: stated };
    }),
    pairs,
    contrasts: pairs.flatMap((pair) =>
      tables.contrasts.map((contrast) => contrastOf(tables, pair, contrast)),
    ),
    elsewhere: [],
    lineage: [],
    choices: [],
    notes: [...roundingNotes(tables), ...tables.known.map((known) => knownNote(tables, known))],
  };
}

/** Values of the two measures that printed numbers give; null elsewhere. */
type Printed = Partial<PerMeasure<number>>;

function printedOf(tables: PaperTables, hospital: string, model: string, matched: readonly Label[]): Printed {
  const mean = (labels: readonly Label[]): number =>
    labels.reduce((sum, label) => sum + tables.f1Of(hospital, model, label), 0) / labels.length;
  return { all: mean(tables.labelsOf(hospital)), matched: mean(matched) };
}

function pairOf(tables: PaperTables, home: TransferHospital, away: TransferHospital): TransferPair {
  const matched = matchedLabels([home.stated, away.stated]);
  const row = (model: string): MatrixRow => {
    const [here, there] = [home, away].map(({ name }) => printedOf(tables, name, model, matched));
    return rowOf(model, here ?? {}, there ?? {});
  };
  const known = tables.known.filter(({ hospital }) => hospital === home.name);
  return {
    home: home.name,
    away: away.name,
    labels: { home: home.stated, away: away.stated, matched, frequent: [], prevalences: [] },
    rows: [...tables.models.map(row), ...known.map(({ reader, macro }) => rowOf(reader, { all: macro }, {}))],
  };
}

function rowOf(model: string, home: Printed, away: Printed): MatrixRow {
  return {
    model,
    home: byMeasure((measure) => point(home[measure])),
    away: byMeasure((measure) => point(away[measure])),
    drop: byMeasure((measure) => changeOf(home[measure], away[measure])),
    labelSetEffect: point(difference(home.all, home.matched)),
  };
}

function contrastOf(
  tables: PaperTables,
  { home, away, labels }: TransferPair,
  { from, to }: { readonly from: string; readonly to: string },
): TransferContrast {
  const at = (hospital: string, model: string) => printedOf(tables, hospital, model, labels.matched);
  const [homeFrom, homeTo, awayFrom, awayTo] = [at(home, from), at(home, to), at(away, from), at(away, to)];
  const parts = (hospital: string, of: readonly Label[]): LabelContribution[] =>
    contributions(
      of.map((label) => ({
        label,
        from: tables.f1Of(hospital, from, label),
        to: tables.f1Of(hospital, to, label),
      })),
    );
  return {
    from,
    to,
    home,
    away,
    verdict: "inconclusive",
    inconclusive: { kind: "no interval" },
    read: {
      level: LEVEL,
      home: point(difference(homeFrom.matched, homeTo.matched)),
      away: point(difference(awayFrom.matched, awayTo.matched)),
    },
    changes: byMeasure((measure) => ({
      home: changeOf(homeFrom[measure], homeTo[measure]),
      away: changeOf(awayFrom[measure], awayTo[measure]),
    })),
    contributions: {
      homeAll: parts(home, labels.home),
      homeMatched: parts(home, labels.matched),
      awayMatched: parts(away, labels.matched),
    },
  };
}

function roundingNotes(tables: PaperTables): string[] {
  return tables.hospitals.flatMap(({ name }) =>
    tables.models.flatMap((model) => {
      const printed = tables.macro[name]?.[model];
      const mean = printedOf(tables, name, model, []).all ?? Number.NaN;
      const worked = mean.toFixed(PRINTED_DECIMALS);
      if (printed === undefined || worked === printed.toFixed(PRINTED_DECIMALS)) return [];
      return [`${model} on ${name}: the labels' mean is ${worked}, printed is ${printed}`];
    }),
  );
}

function knownNote(tables: PaperTables, known: PaperTables["known"][number]): string {
  const { reader, hospital, macro, source } = known;
  const below = tables.models.filter((model) => (printedOf(tables, hospital, model, []).all ?? 1) < macro);
  const above = below.length === 0 ? "" : `, above ${below.join(", ")}`;
  return `${reader} on ${hospital}: ${macro}${above} (${source})`;
}

function point(value: number | undefined): Estimate {
  return { value: value === undefined || Number.isNaN(value) ? null : value, low: null, high: null };
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

function changeOf(before: number | undefined, after: number | undefined): Change {
  const relative = before === undefined || after === undefined ? undefined : after / before - 1;
  return { absolute: point(difference(before, after)), relative: point(relative) };
}
