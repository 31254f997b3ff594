/** Shortest key that is blotted out: a dummy such as "none" would blot out words. */
const SHORTEST = 8;
/** Longest text of an error that is kept, characters. */
const LONGEST = 300;

/** Takes keys, and whatever looks like a picture, out of texts that came from elsewhere. */
export interface Redactor {
  /** Blots out the keys; all else stays as it is. */
  keys(text: string): string;
  /** For errors: keys and long runs of base64 blotted out, one line, cut at 300 characters. */
  error(text: string): string;
}

/**
 * @param secrets keys; each is also found as a URL, JSON and base64 spell it
 */
export function redactor(secrets: readonly string[]): Redactor {
  const spelled = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    ]);
  const keys = (text: string): string =>
    spelled.reduce((clean, secret) => clean.replaceAll(secret, "[key]"), text);
  return {
    keys,
    error(text) {
      const clean = keys(text)
        .replace(/[A-Za-z0-9+/_-]{64,}={0,2}/g, "[data]")
        .replace(/\s+/g, " ")
        .trim();
      return clean.length > LONGEST ? `${clean.slice(0, LONGEST)} ...` : clean;
    },
  };
}
