/** Ages over this are typing errors in the tables (NIH's first release has 414), or stand for something else. */
const MAX_AGE_YEARS = 120;

/** Sex as the tables write it; anything but female and male is unknown. */
export function readSex(text: string): "F" | "M" | null {
  if (/^(f|female)$/i.test(text)) return "F";
  if (/^(m|male)$/i.test(text)) return "M";
  return null;
}

/** Age in years, "58" or "058Y"; null when blank, not a number of years, or not believable. */
export function readAge(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)Y?$/.exec(text);
  const age = match === null ? Number.NaN : Number(match[1]);
  return age <= MAX_AGE_YEARS ? age : null;
}
