/**
 * Cohen's kappa of two readers, plain or weighted, with its asymptotic standard error (Fleiss, Cohen and Everitt,
 * "Large sample standard errors of kappa and weighted kappa", Psychological Bulletin 72, 1969).
 * The interval is value +- 1.96 standard errors, not cut at -1 and 1, as statsmodels gives it; with few traces or hardly
 * any disagreement it covers less than it claims.
 */

/**
 * What a disagreement by d of the widest possible D counts.
 * - `none`: any disagreement counts whole (nominal categories).
 * - `linear`: d / D (Cicchetti and Allison).
 * - `quadratic`: (d / D)^2 (Fleiss and Cohen).
 */
export const KAPPA_WEIGHTS = ["none", "linear", "quadratic"] as const;
export type KappaWeights = (typeof KAPPA_WEIGHTS)[number];

export type Kappa =
  | {
      readonly outcome: "kappa";
      readonly value: number;
      readonly standardError: number;
      /** 95 %, asymptotic. */
      readonly low: number;
      readonly high: number;
    }
  /** Both readers used one and the same category throughout: chance alone would agree as often. */
  | { readonly outcome: "undefined"; readonly reason: "no items" | "one category" };

/** The 0.975 quantile of the standard normal distribution. */
const Z_95 = 1.959963984540054;

/** @param table counts of items: the first reader's category by row, the second's by column */
export function cohenKappa(table: readonly (readonly number[])[], weights: KappaWeights): Kappa {
  const k = table.length;
  const indices = table.map((_, index) => index);
  const n = sum(table.map(sum));
  if (n === 0) return { outcome: "undefined", reason: "no items" };
  const share = (i: number, j: number) => (table[i]?.[j] ?? 0) / n;
  const row = indices.map((i) => sum(indices.map((j) => share(i, j))));
  const column = indices.map((j) => sum(indices.map((i) => share(i, j))));
  const agreement = (i: number, j: number) => agreementOf(Math.abs(i - j), k - 1, weights);
  const cells = indices.flatMap((i) => indices.map((j) => [i, j] as const));
  const observed = sum(cells.map(([i, j]) => share(i, j) * agreement(i, j)));
  const expected = sum(cells.map(([i, j]) => (row[i] ?? 0) * (column[j] ?? 0) * agreement(i, j)));
  // By the counts, not by 1 - expected, which rounding may leave a hair above 0.
  if (indices.some((i) => table[i]?.[i] === n)) return { outcome: "undefined", reason: "one category" };

  const value = (observed - expected) / (1 - expected);
  const ofRow = indices.map((i) => sum(indices.map((j) => (column[j] ?? 0) * agreement(i, j))));
  const ofColumn = indices.map((j) => sum(indices.map((i) => (row[i] ?? 0) * agreement(i, j))));
  const spread = sum(
    cells.map(([i, j]) => {
      const deviation = agreement(i, j) - ((ofRow[i] ?? 0) + (ofColumn[j] ?? 0)) * (1 - value);
      return share(i, j) * deviation ** 2;
    }),
  );
  const variance = (spread - (value - expected * (1 - value)) ** 2) / ((1 - expected) ** 2 * n);
  const standardError = Math.sqrt(Math.max(0, variance));
  return {
    outcome: "kappa",
    value,
    standardError,
    low: value - Z_95 * standardError,
    high: value + Z_95 * standardError,
  };
}

function agreementOf(distance: number, widest: number, weights: KappaWeights): number {
  if (distance === 0) return 1;
  switch (weights) {
    case "none":
      return 0;
    case "linear":
      return 1 - distance / widest;
    case "quadratic":
      return 1 - (distance / widest) ** 2;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
