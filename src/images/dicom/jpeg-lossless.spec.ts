import fc from "fast-check";
import { expect, it } from "vitest";
import { ImageError } from "../image-error.ts";
import { writeJpegLossless } from "../testing/write-jpeg-lossless.ts";
import { readJpegHeader } from "./jpeg-header.ts";
import { decodeJpegLossless } from "./jpeg-lossless.ts";

function decode(bytes: Uint8Array): Uint8Array | Uint16Array {
  return decodeJpegLossless("a.dcm", bytes, readJpegHeader("a.dcm", bytes));
}

const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    precision: fc.integer({ min: 2, max: 16 }),
    predictor: fc.integer({ min: 1, max: 7 }),
  })
  .chain((form) =>
    fc
      .array(fc.integer({ min: 0, max: 2 ** form.precision - 1 }), {
        minLength: form.width * form.height,
        maxLength: form.width * form.height,
      })
      .map((samples) => ({ ...form, samples })),
  );

it("gives back every sample, for every predictor and every precision", () => {
  fc.assert(
    fc.property(picture, (spec) => {
      expect([...decode(writeJpegLossless(spec))]).toEqual(spec.samples);
    }),
    { numRuns: 500 },
  );
});

it("wraps 16 bits under predictor 7", () => {
  // Left 0 and up 65535 predict 32767; 65535 is then the difference 32768, category 16.
  const samples = [0, 65535, 0, 65535, 1, 65534];
  const spec = { width: 2, height: 3, precision: 16, predictor: 7, samples };
  expect([...decode(writeJpegLossless(spec))]).toEqual(samples);
});

it("never takes a stream that ends early for a whole one", () => {
  const samples = Array.from({ length: 48 }, (_, at) => (at * 37) % 4096);
  const whole = writeJpegLossless({ width: 8, height: 6, precision: 12, predictor: 1, samples });
  for (let length = 0; length < whole.length; length++) {
    let outcome = "whole";
    try {
      decode(whole.subarray(0, length));
    } catch (error) {
      outcome = error instanceof ImageError ? error.failure : "bug";
    }
    expect([length, outcome]).toEqual([length, "truncated"]);
  }
});

it("refuses a marker in the midst, restart intervals, a point transform and other processes", () => {
  const spec = { width: 4, height: 2, precision: 8, predictor: 1, samples: [1, 2, 3, 4, 5, 6, 7, 8] };
  const bytes = writeJpegLossless(spec);
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const marked = Buffer.concat([
    bytes.subarray(0, scan + 10),
    Buffer.from([0xff, 0xd9, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  expect(() => decode(marked)).toThrow(/stops in row 0 of 2/);
  const restarts = Buffer.concat([
    bytes.subarray(0, scan),
    Buffer.from([0xff, 0xdd, 0, 4, 0, 4]),
    bytes.subarray(scan),
  ]);
  expect(() => decode(restarts)).toThrow(/unsupported format: JPEG Lossless with restart intervals/);
  const shifted = Buffer.from(bytes);
  shifted[scan + 9] = 1;
  expect(() => decode(shifted)).toThrow(/unsupported format: JPEG Lossless with a point transform/);
  const baseline = Buffer.from(bytes);
  baseline[bytes.indexOf(Buffer.from([0xff, 0xc3])) + 1] = 0xc0;
  expect(() => decode(baseline)).toThrow(/unreadable: .*another process/);
});
