import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { seed64 } from "../../util/random.ts";
import { type Tally, totals } from "../tally.ts";

/** Random bits in one number of the generator. */
const BITS = 32;

/**
 * Exchanges two models' answers for whole patients, each patient with chance 1/2, and hands both sums to `visit`
 * (arrays reused between draws). If the two read equally well, every such exchange was as likely as what was seen.
 * The tallies must be of the same patients, in the same order, with the same layout.
 */
export function permutePatients(
  [own, other]: readonly [Tally, Tally],
  options: { readonly permutations: number; readonly seed: number },
  visit: (own: Float64Array, other: Float64Array, draw: number) => void,
): void {
  const { width } = own.layout;
  if (own.patients !== other.patients || width !== other.layout.width) {
    throw new Error("permutePatients: the tallies are of different patients or layouts");
  }
  const gains = patientGains(own, other);
  const [ownTotal, both] = [totals(own), totals(other)];
  for (let c = 0; c < width; c++) both[c] = (both[c] as number) + (ownTotal[c] as number);
  const generator = xoroshiro128plus(
    Number(BigInt.asIntN(32, seed64(options.seed, "permutation of patients"))),
  );
  const [ours, theirs] = [new Float64Array(width), new Float64Array(width)];
  for (let draw = 0; draw < options.permutations; draw++) {
    ours.set(ownTotal);
    for (let g = 0, bits = 0; g < gains.length; g++) {
      if (g % BITS === 0) bits = generator.next();
      const exchanged = (bits >>> (g % BITS)) & 1;
      if (exchanged) addGain(gains[g] as Gain, ours);
    }
    for (let c = 0; c < width; c++) theirs[c] = (both[c] as number) - (ours[c] as number);
    visit(ours, theirs, draw);
  }
}

/** What one patient's exchange adds to the first model's sums: columns and amounts, where there is any. */
interface Gain {
  readonly columns: Int32Array;
  readonly amounts: Float64Array;
}

function addGain({ columns, amounts }: Gain, into: Float64Array): void {
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as number;
    into[column] = (into[column] as number) + (amounts[i] as number);
  }
}

/** A patient for whom both models say the same gains nothing and is left out. */
function patientGains(own: Tally, other: Tally): Gain[] {
  const { width } = own.layout;
  const gains: Gain[] = [];
  for (let patient = 0; patient < own.patients; patient++) {
    const at = (c: number): number =>
      (other.rows[patient * width + c] as number) - (own.rows[patient * width + c] as number);
    const columns = Int32Array.from(Array.from({ length: width }, (_, c) => c).filter((c) => at(c) !== 0));
    if (columns.length > 0) gains.push({ columns, amounts: Float64Array.from(columns, at) });
  }
  return gains;
}
