/** Lanczos' coefficients for g = 7 and nine terms (Godfrey's). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** The logarithm of the gamma function for x >= 0.5. Relative error about 1e-15. */
export function logGamma(x: number): number {
  const [first, ...rest] = LANCZOS;
  let sum: number = first;
  rest.forEach((coefficient, index) => {
    sum += coefficient / (x + index);
  });
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
