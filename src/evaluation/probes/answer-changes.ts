import { LABELS, type Label } from "../../labels/label.ts";
import { LEVEL, RESAMPLES, type ResamplingOptions } from "../estimate-tree.ts";
import { type Estimate, percentileInterval } from "../interval.ts";
import { holm } from "../paired/holm.ts";
import { type McNemar, mcnemar } from "../paired/mcnemar.ts";
import { drawPatients } from "../resample.ts";
import { shareEstimate } from "./implication-rate.ts";

/** What a model said of one image before something in it was changed, and after. Null: it could not be read. */
export interface AnswerPair {
  readonly patient: string;
  readonly before: readonly Label[] | null;
  readonly after: readonly Label[] | null;
}

/** How often one label came or went. */
export interface LabelChange {
  readonly label: Label;
  /** Images, of those whose answers could both be read. */
  readonly gained: number;
  readonly lost: number;
  /** Share of these images on which it came or went. */
  readonly changed: Estimate;
  /** Patients who gained it against patients who lost it, by McNemar's test: whether the change has a direction. */
  readonly direction: McNemar;
  /** That test's p after Holm over the 14 labels. */
  readonly holm: number;
}

/** How a model's answers changed with the pictures. */
export interface AnswerChanges {
  readonly images: number;
  readonly patients: number;
  /** Images whose two answers differ in any label, or of which only one could be read. */
  readonly differing: number;
  /** That as a share, with Jeffreys' interval over patients. */
  readonly changed: Estimate;
  /** Answers that could be read before and not after, and the other way round. */
  readonly becameUnreadable: number;
  readonly becameReadable: number;
  readonly labels: readonly LabelChange[];
}

/** Counts what changed, label by label. */
export function answerChanges(pairs: readonly AnswerPair[], level = LEVEL): AnswerChanges {
  const patients = patientsOf(pairs);
  const differing = pairs.filter(differs).length;
  const readable = pairs.flatMap(({ patient, before, after }) =>
    before === null || after === null ? [] : [{ patient, before, after }],
  );
  const readablePatients = patientsOf(readable);
  const changes = LABELS.map((label) => {
    const steps = readable.map(({ patient, before, after }) => ({
      patient,
      step: Number(after.includes(label)) - Number(before.includes(label)),
    }));
    const gained = steps.filter(({ step }) => step > 0).length;
    const lost = steps.filter(({ step }) => step < 0).length;
    const net = new Map<string, number>();
    for (const { patient, step } of steps) net.set(patient, (net.get(patient) ?? 0) + step);
    const sums = [...net.values()];
    const direction = mcnemar(sums.filter((sum) => sum > 0).length, sums.filter((sum) => sum < 0).length);
    const changed = shareEstimate(gained + lost, readable.length, readablePatients, level);
    return { label, gained, lost, changed, direction };
  });
  const corrected = holm(changes.map(({ direction }) => direction.p));
  return {
    images: pairs.length,
    patients,
    differing,
    changed: shareEstimate(differing, pairs.length, patients, level),
    becameUnreadable: pairs.filter(({ before, after }) => before !== null && after === null).length,
    becameReadable: pairs.filter(({ before, after }) => before === null && after !== null).length,
    labels: changes.map((change, index) => ({ ...change, holm: corrected[index] as number })),
  };
}

/** How much more often answers change under one thing done to a picture than under another done to the same picture. */
export interface ChangeExcess {
  /** Share of images changed, minus that under the null, with an interval from resampling patients. */
  readonly difference: Estimate;
  /** Patients with more changes under the one, and under the other. */
  readonly test: McNemar;
}

/** Compares two sets of pairs about the same images in the same order. */
export function changeExcess(
  pairs: readonly AnswerPair[],
  nullPairs: readonly AnswerPair[],
  { resamples = RESAMPLES, seed = 0, level = LEVEL }: ResamplingOptions = {},
): ChangeExcess {
  if (pairs.length !== nullPairs.length || pairs.some(({ patient }, i) => nullPairs[i]?.patient !== patient))
    throw new Error("changeExcess: the pairs are of different images");
  const names = [...new Set(pairs.map(({ patient }) => patient))].sort();
  const row = new Map(names.map((name, index) => [name, index]));
  const images = new Int32Array(names.length);
  const excess = new Int32Array(names.length);
  pairs.forEach((pair, index) => {
    const at = row.get(pair.patient) ?? 0;
    const other = nullPairs[index];
    const step = Number(differs(pair)) - Number(other !== undefined && differs(other));
    images[at] = (images[at] as number) + 1;
    excess[at] = (excess[at] as number) + step;
  });
  const share = (drawn: Iterable<number>): number => {
    let [sum, n] = [0, 0];
    for (const patient of drawn) {
      sum += excess[patient] as number;
      n += images[patient] as number;
    }
    return sum / n;
  };
  const replicates = new Float64Array(resamples);
  drawPatients(names.length, { resamples, seed }, (drawn, draw) => {
    replicates[draw] = share(drawn);
  });
  const more = excess.reduce((count, step) => count + Number(step > 0), 0);
  const less = excess.reduce((count, step) => count + Number(step < 0), 0);
  return {
    difference: percentileInterval(share(names.keys()), replicates, level),
    test: mcnemar(more, less),
  };
}

function differs({ before, after }: AnswerPair): boolean {
  return before?.join() !== after?.join();
}

function patientsOf(pairs: readonly { readonly patient: string }[]): number {
  return new Set(pairs.map(({ patient }) => patient)).size;
}
