import { describe, expect, it } from "vitest";
import { retryAfterMs, retryDelayMs } from "./retry-after.ts";

const NOW = Date.UTC(2015, 9, 21, 7, 28, 0);

describe("retryAfterMs", () => {
  it.each([
    ["0", 0],
    ["120", 120_000],
    [" 2 ", 2000],
    ["0.25", 250],
    // The three forms of a date, RFC 9110, section 5.6.7.
    ["Wed, 21 Oct 2015 07:28:30 GMT", 30_000],
    ["Wednesday, 21-Oct-15 07:29:00 GMT", 60_000],
    ["Wed Oct 21 07:28:05 2015", 5000],
    ["Wed, 21 Oct 2015 07:27:00 GMT", 0],
    ["", null],
    ["-5", null],
    ["soon", null],
    ["2015-10-21", null],
    ["Wed, 99 Oct", null],
    [null, null],
    [undefined, null],
  ])("reads %j as %j ms", (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });
});

describe("retryDelayMs", () => {
  it.each([
    [
      '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}',
      34_500,
    ],
    ['{"retryDelay": "7s"}', 7000],
    ['{"retryDelay":7}', null],
    ["", null],
    [undefined, null],
  ])("reads %j as %j ms", (body, expected) => {
    expect(retryDelayMs(body)).toBe(expected);
  });
});
