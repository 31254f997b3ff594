import { randomStream } from "../../util/random.ts";
import { type Estimate, percentileInterval } from "../interval.ts";
import { cohenKappa, type Kappa, type KappaWeights } from "./cohen-kappa.ts";
import { wilsonInterval } from "./wilson-interval.ts";

/** One item that two readers have put into categories 0, 1, 2, ... */
export interface ReadTwice {
  readonly patient: string;
  readonly first: number;
  readonly second: number;
}

/** How far two readers agree on one question. */
export interface Measure {
  readonly n: number;
  /** Items on which both said the same; as a share, with its Wilson interval. */
  readonly agreed: number;
  readonly share: Estimate;
  /** With its asymptotic interval. */
  readonly kappa: Kappa;
  /** The same kappa with a percentile interval from drawing whole patients; all null where it is undefined. */
  readonly bootstrap: Estimate;
  /** Draws in which kappa was undefined; they are left out of the interval. */
  readonly undefinedDraws: number;
}

export interface MeasureOptions {
  readonly categories: number;
  readonly weights: KappaWeights;
  readonly resamples: number;
  readonly seed: number;
  /** Names the stream of random numbers. */
  readonly name: string;
}

/** What the intervals claim to cover. */
const LEVEL = 0.95;

export function measureAgreement(items: readonly ReadTwice[], options: MeasureOptions): Measure {
  const { weights, resamples, seed, name } = options;
  const kappa = cohenKappa(tableOf(items, options.categories), weights);
  const agreed = items.filter(({ first, second }) => first === second).length;
  // Two pictures of one patient are not two independent items.
  const patients = [...new Set(items.map(({ patient }) => patient))].sort();
  const ofPatient = patients.map((patient) => items.filter((item) => item.patient === patient));
  const stream = randomStream(seed, "agreement", name);
  const draws = kappa.outcome === "kappa" ? resamples : 0;
  const replicates = Float64Array.from({ length: draws }, () => {
    const drawn = ofPatient.flatMap(() => stream.pick(ofPatient));
    return valueOrNaN(cohenKappa(tableOf(drawn, options.categories), weights));
  });
  return {
    n: items.length,
    agreed,
    share: wilsonInterval(agreed, items.length),
    kappa,
    bootstrap: percentileInterval(valueOrNaN(kappa), replicates, LEVEL),
    undefinedDraws: replicates.filter(Number.isNaN).length,
  };
}

function valueOrNaN(kappa: Kappa): number {
  return kappa.outcome === "kappa" ? kappa.value : Number.NaN;
}

function tableOf(items: readonly ReadTwice[], categories: number): number[][] {
  const table = Array.from({ length: categories }, () => Array.from({ length: categories }, () => 0));
  for (const { first, second } of items) {
    const row = table[first];
    if (row?.[second] === undefined) throw new Error(`measureAgreement: no category ${first} or ${second}`);
    row[second]++;
  }
  return table;
}
