/** Bands of age in years, lower bound included. Ours: no source prescribes them. */
export const AGE_BANDS = [
  { name: "child (under 18)", from: 0 },
  { name: "young adult (18 to 39)", from: 18 },
  { name: "middle age (40 to 64)", from: 40 },
  { name: "older (65 to 79)", from: 65 },
  { name: "oldest (80 and over)", from: 80 },
] as const;
export type AgeBand = (typeof AGE_BANDS)[number]["name"];

/** The band of an age in years, 0 or more. */
export function ageBand(years: number): AgeBand {
  return AGE_BANDS.findLast(({ from }) => years >= from)?.name ?? AGE_BANDS[0].name;
}
