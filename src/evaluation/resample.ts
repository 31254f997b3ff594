import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { seed64 } from "../util/random.ts";
import type { Tally } from "./tally.ts";

/** Bits of a double that hold an integer exactly. */
const EXACT_BITS = 53;

/**
 * Draws whole patients with replacement, as many as there are, and hands the sums of the drawn rows to `visit`,
 * one array a tally (reused between draws). All tallies are of the same patients in the same order and see the same
 * draws, which is what makes the comparison of two models a paired one.
 *
 * For speed several columns of counts ride in one double, each in a field wide enough for the largest sum that a draw
 * could reach; the sums are exact. `resample.spec.ts` holds this to the plain loop.
 */
export function resample(
  tallies: readonly Tally[],
  options: { readonly resamples: number; readonly seed: number },
  visit: (sums: readonly Float64Array[], draw: number) => void,
): void {
  const patients = tallies[0]?.patients ?? 0;
  if (tallies.some((tally) => tally.patients !== patients)) {
    throw new Error("resample: the tallies are of different patients");
  }
  const packed = tallies.map(pack);
  const sums = tallies.map((tally) => new Float64Array(tally.layout.width));
  drawPatients(patients, options, (drawn, draw) => {
    for (let t = 0; t < packed.length; t++) {
      const columns = packed[t];
      const into = sums[t];
      if (columns !== undefined && into !== undefined) sumRows(columns, drawn, into);
    }
    visit(sums, draw);
  });
}

/** Draws whole patients with replacement, as many as there are, and hands their row numbers (reused) to `visit`. */
export function drawPatients(
  patients: number,
  options: { readonly resamples: number; readonly seed: number },
  visit: (drawn: Int32Array, draw: number) => void,
): void {
  const drawn = new Int32Array(patients);
  const nextPatient = patientDraws(patients, options.seed);
  for (let draw = 0; draw < options.resamples; draw++) {
    for (let i = 0; i < patients; i++) drawn[i] = nextPatient();
    visit(drawn, draw);
  }
}

interface PackedTally {
  readonly counts: number;
  /** Columns that share one double, and 2 to the bits of each. */
  readonly fields: number;
  readonly base: number;
  /** Doubles in a row: the shared ones, then the other columns. */
  readonly width: number;
  readonly shared: number;
  readonly rows: Float64Array;
  readonly total: Float64Array;
}

function pack({ layout, patients, rows }: Tally): PackedTally {
  let largest = 0;
  for (let p = 0; p < patients; p++) {
    for (let c = 0; c < layout.counts; c++) largest = Math.max(largest, rows[p * layout.width + c] ?? 0);
  }
  const base = 2 ** Math.ceil(Math.log2(largest * patients + 2));
  const fields = Math.max(1, Math.floor(EXACT_BITS / Math.log2(base)));
  const shared = Math.ceil(layout.counts / fields);
  const width = shared + layout.width - layout.counts;
  const out = new Float64Array(patients * width);
  for (let p = 0; p < patients; p++) {
    for (let c = 0; c < layout.width; c++) {
      const value = rows[p * layout.width + c] ?? 0;
      const isCount = c < layout.counts;
      const at = p * width + (isCount ? Math.floor(c / fields) : shared + c - layout.counts);
      out[at] = (out[at] ?? 0) + (isCount ? value * base ** (c % fields) : value);
    }
  }
  return {
    counts: layout.counts,
    fields,
    base,
    width,
    shared,
    rows: out,
    total: new Float64Array(width),
  };
}

function sumRows(from: PackedTally, drawn: Int32Array, into: Float64Array): void {
  const { rows, width, total } = from;
  total.fill(0);
  for (let i = 0; i < drawn.length; i++) {
    const row = (drawn[i] as number) * width;
    for (let c = 0; c < width; c++) total[c] = (total[c] as number) + (rows[row + c] as number);
  }
  for (let s = 0, c = 0; s < from.shared; s++) {
    let rest = total[s] as number;
    for (let f = 0; f < from.fields && c < from.counts; f++, c++) {
      const above = Math.floor(rest / from.base);
      into[c] = rest - above * from.base;
      rest = above;
    }
  }
  into.set(total.subarray(from.shared), from.counts);
}

/** Uniform row numbers below `patients`. The bias of reducing 32 bits is below patients / 2^32. */
function patientDraws(patients: number, seed: number): () => number {
  const generator = xoroshiro128plus(Number(BigInt.asIntN(32, seed64(seed, "bootstrap over patients"))));
  return () => Math.floor((generator.next() >>> 0) * 2 ** -32 * patients);
}
