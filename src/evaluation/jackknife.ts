import { type Tally, totals } from "./tally.ts";

/** Hands the sums over all patients but one to `visit`, one array a tally (reused), for each patient in turn. */
export function jackknife(
  tallies: readonly Tally[],
  visit: (sums: readonly Float64Array[], patient: number) => void,
): void {
  const all = tallies.map(totals);
  const sums = all.map((sum) => new Float64Array(sum.length));
  for (let patient = 0; patient < (tallies[0]?.patients ?? 0); patient++) {
    tallies.forEach(({ layout: { width }, rows }, t) => {
      const [into, total] = [sums[t] as Float64Array, all[t] as Float64Array];
      for (let c = 0; c < width; c++) into[c] = (total[c] as number) - (rows[patient * width + c] as number);
    });
    visit(sums, patient);
  }
}
