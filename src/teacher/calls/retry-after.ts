/**
 * How long a Retry-After header asks to wait, in milliseconds: a number of seconds, or a date (RFC 9110, section 10.2.3;
 * a fraction of a second, which some servers send, is taken as well). 0 for a date that has passed; null for anything
 * else.
 * @param now milliseconds since 1970
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Date.parse takes far more than an HTTP date; the RFC's three forms begin with a day's name and hold a time. Its
  // oldest form (asctime) names no zone and means GMT.
  if (!/^(?:mon|tue|wed|thu|fri|sat|sun).*\d\d:\d\d:\d\d/i.test(text)) return null;
  const date = Date.parse(/gmt$/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The wait that Google's errors carry in their body instead: `google.rpc.RetryInfo`, e.g. `"retryDelay": "34.5s"`. */
export function retryDelayMs(body: string | undefined): number | null {
  const [, seconds] = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body ?? "") ?? [];
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1000);
}
