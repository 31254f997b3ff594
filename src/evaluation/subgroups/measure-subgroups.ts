import { LABELS, type Label } from "../../labels/label.ts";
import { LEVEL, RESAMPLES, type ResamplingOptions } from "../estimate-tree.ts";
import { type Estimate, percentileInterval } from "../interval.ts";
import { maskOf } from "../label-mask.ts";
import { type PackedReadings, packReadings } from "../packed-readings.ts";
import { FREQUENT_FROM } from "../prepare.ts";
import type { ReadingSet } from "../reading.ts";
import { drawPatients } from "../resample.ts";
import { tally } from "../tally.ts";
import {
  GROUP_SCORES,
  type GroupScore,
  type GroupSums,
  groupScore,
  groupSums,
  positivesOf,
  weightedSums,
} from "./group-sums.ts";
import {
  type GroupedRecord,
  NOT_STATED,
  SUBGROUP_AXES,
  SUBGROUPS,
  type SubgroupAxis,
  subgroupOf,
} from "./subgroup.ts";

/** Patients below which a group is described and not compared. Ours. */
export const COMPARED_FROM = 30;

export interface SubgroupScores extends Readonly<Record<GroupScore, Estimate>> {
  readonly name: string;
  readonly images: number;
  readonly patients: number;
  /** `described`: fewer than COMPARED_FROM patients, or a group of what the table does not state. */
  readonly use: "compared" | "described";
}

/**
 * The distance in macro-F1 between the best and the worst of an axis's compared groups; `alike` where all have the same.
 *
 * Which two they are is read off the same data. With k groups the interval therefore stands at 1 - (1 - level) / pairs,
 * pairs = k (k - 1) / 2 (Bonferroni), so that it holds for whichever pair was picked.
 */
export type SubgroupGap =
  | {
      readonly outcome: "gap";
      readonly worst: string;
      readonly best: string;
      readonly gap: Estimate;
      readonly level: number;
    }
  | { readonly outcome: "alike" | "too few groups" | "too few positives" };

export interface SubgroupTable {
  readonly axis: SubgroupAxis;
  /** What macro-F1 goes over: labels with at least FREQUENT_FROM positives in each compared group. */
  readonly labels: readonly Label[];
  /** Groups that have an image. */
  readonly groups: readonly SubgroupScores[];
  readonly gap: SubgroupGap;
}

/** One model on one hospital, ready for JSON. */
export interface Subgroups {
  readonly schema: "chexreason.subgroups/1";
  readonly model: string;
  readonly data: string;
  readonly interval: {
    readonly method: "percentile bootstrap over patients";
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
  };
  readonly rule: { readonly comparedFrom: number; readonly positivesFrom: number };
  readonly axes: readonly SubgroupTable[];
}

/**
 * Scores a model's readings group by group: by sex, band of age, view, and whether the truth has a device. All groups see
 * the same draws of patients, so a patient with images in two groups is drawn into both. Labels as written, failed
 * answers as empty.
 * @param records of every reading, by its id
 */
export function measureSubgroups(
  set: ReadingSet,
  records: ReadonlyMap<string, GroupedRecord>,
  options: ResamplingOptions = {},
): Subgroups {
  const { resamples = RESAMPLES, seed = 0, level = LEVEL } = options;
  const packed = packReadings(set);
  const axes = SUBGROUP_AXES.map((axis) => partition(axis, set, records, packed));
  const cells = axes.flatMap(({ groups, labels }) => groups.map((group) => ({ group, labels })));
  const sums = cells.map(({ group }) => new Float64Array(group.sums.layout.width));
  const score = (weights: Int32Array, put: (cell: number, score: GroupScore, value: number) => void): void =>
    cells.forEach(({ group, labels }, cell) => {
      const into = sums[cell] as Float64Array;
      weightedSums(group.sums, weights, into);
      for (const name of GROUP_SCORES) put(cell, name, groupScore(name, group.sums.layout, labels, into));
    });

  const replicates = cells.map(() => byScore(() => new Float64Array(resamples)));
  const weights = new Int32Array(packed.patients);
  drawPatients(packed.patients, { resamples, seed }, (drawn, draw) => {
    weights.fill(0);
    for (const patient of drawn) weights[patient] = (weights[patient] as number) + 1;
    score(weights, (cell, name, value) => {
      const column = replicates[cell]?.[name];
      if (column !== undefined) column[draw] = value;
    });
  });
  const values = cells.map(() => byScore(() => Number.NaN));
  score(weights.fill(1), (cell, name, value) => {
    const own = values[cell];
    if (own !== undefined) own[name] = value;
  });

  let next = 0;
  return {
    schema: "chexreason.subgroups/1",
    model: set.model,
    data: set.data,
    interval: { method: "percentile bootstrap over patients", level, resamples, seed },
    rule: { comparedFrom: COMPARED_FROM, positivesFrom: FREQUENT_FROM },
    axes: axes.map(({ axis, groups, labels }) => {
      const scored = groups.map(({ name, images, sums: own, use }): Scored => {
        const cell = next++;
        const value = values[cell] ?? byScore(() => Number.NaN);
        const drawn = replicates[cell] ?? byScore(() => new Float64Array(0));
        return {
          scores: {
            name,
            images,
            patients: own.patients.length,
            use,
            ...byScore((name) => percentileInterval(value[name], drawn[name], level)),
          },
          value: value.macroF1,
          drawn: drawn.macroF1,
        };
      });
      return {
        axis,
        labels: labels.flatMap((label) => LABELS[label] ?? []),
        groups: scored.map(({ scores }) => scores),
        gap: gapOf(scored, labels.length, level),
      };
    }),
  };
}

interface Scored {
  readonly scores: SubgroupScores;
  readonly value: number;
  readonly drawn: Float64Array;
}

function byScore<E>(of: (score: GroupScore) => E): Record<GroupScore, E> {
  return Object.fromEntries(GROUP_SCORES.map((score) => [score, of(score)])) as Record<GroupScore, E>;
}

interface Group {
  readonly name: string;
  readonly images: number;
  readonly use: SubgroupScores["use"];
  readonly sums: GroupSums;
}

/** The groups of an axis that have an image, and the labels that they are compared over. */
function partition(
  axis: SubgroupAxis,
  set: ReadingSet,
  records: ReadonlyMap<string, GroupedRecord>,
  packed: PackedReadings,
): { axis: SubgroupAxis; groups: Group[]; labels: number[] } {
  const names = set.readings.map(({ id, truth }) => {
    const record = records.get(id);
    if (record === undefined) throw new Error(`measureSubgroups: no record of ${id}`);
    return subgroupOf(axis, record, truth, set.stated);
  });
  const mask = maskOf(set.stated);
  const tallies = SUBGROUPS[axis].flatMap((name) => {
    const own = only(packed, names, name);
    if (own.n === 0) return [];
    const of = tally(own, [mask]);
    const patients = new Set(own.patient).size;
    const use =
      name !== NOT_STATED && patients >= COMPARED_FROM ? ("compared" as const) : ("described" as const);
    return [{ name, images: own.n, use, of }];
  });
  const compared = tallies.filter(({ use }) => use === "compared").map(({ of }) => positivesOf(of));
  const labels = [...LABELS.keys()].filter(
    (label) => compared.length > 0 && compared.every((positives) => (positives[label] ?? 0) >= FREQUENT_FROM),
  );
  return {
    axis,
    labels,
    groups: tallies.map(({ of, ...group }) => ({ ...group, sums: groupSums(of, labels) })),
  };
}

/** The readings of one group; patients keep their rows. */
function only(packed: PackedReadings, names: readonly string[], name: string): PackedReadings {
  const keep = (column: Int32Array) => column.filter((_, index) => names[index] === name);
  const sets = ({ truth, predicted }: PackedReadings["raw"]) => ({
    truth: keep(truth),
    predicted: keep(predicted),
  });
  const patient = keep(packed.patient);
  return {
    n: patient.length,
    patients: packed.patients,
    patient,
    raw: sets(packed.raw),
    closed: sets(packed.closed),
    failure: keep(packed.failure),
    reasons: packed.reasons,
  };
}

function gapOf(scored: readonly Scored[], labels: number, level: number): SubgroupGap {
  const compared = scored.filter(({ scores }) => scores.use === "compared");
  if (compared.length < 2) return { outcome: "too few groups" };
  if (labels === 0) return { outcome: "too few positives" };
  const ordered = [...compared].sort((a, b) => a.value - b.value);
  const [worst, best] = [ordered[0], ordered.at(-1)];
  if (worst === undefined || best === undefined) return { outcome: "too few groups" };
  if (worst.value === best.value) return { outcome: "alike" };
  const pairs = (compared.length * (compared.length - 1)) / 2;
  const widened = 1 - (1 - level) / pairs;
  const drawn = best.drawn.map((value, draw) => value - (worst.drawn[draw] as number));
  return {
    outcome: "gap",
    worst: worst.scores.name,
    best: best.scores.name,
    gap: percentileInterval(best.value - worst.value, drawn, widened),
    level: widened,
  };
}
