const THOUSANDS = new Intl.NumberFormat("en");

/** "1 row", "2,000 rows". */
export function countText(count: number, noun: string): string {
  return `${THOUSANDS.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}
