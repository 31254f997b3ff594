import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeBytes } from "../decode.ts";
import { ImageError } from "../image-error.ts";
import { MAX_PIXELS } from "../limits.ts";
import { type DicomElement, type DicomSpec, writeDicom } from "../testing/write-dicom.ts";
import { writeJpegLossless } from "../testing/write-jpeg-lossless.ts";
import { readDicom } from "./decode-dicom.ts";

async function pixels(spec: DicomSpec): Promise<number[]> {
  const image = await decodeBytes(writeDicom(spec), "a.dcm");
  expect([image.width, image.height]).toEqual([spec.columns, spec.rows]);
  return [...image.pixels];
}

/** The exact levels, before rounding. */
async function levels(spec: DicomSpec): Promise<number[]> {
  const picture = await readDicom(writeDicom(spec), "a.dcm");
  return [...picture.codes].map((code) => picture.levels[code] ?? Number.NaN);
}

async function failure(bytes: Uint8Array): Promise<string> {
  try {
    await decodeBytes(bytes, "a.dcm");
    return "none";
  } catch (error) {
    if (error instanceof ImageError) return `${error.failure}: ${error.detail}`;
    throw error;
  }
}

const text = (tag: string, value: string): DicomElement => ({ tag, vr: "DS", value });
const window = (center: string, width: string, name?: string): DicomElement[] => [
  text("00281050", center),
  text("00281051", width),
  ...(name === undefined ? [] : [{ tag: "00281056", vr: "CS", value: name } as const]),
];

const DEEP = [0, 1000, 2000, 4095] as const;
const TWELVE: DicomSpec = { rows: 2, columns: 2, allocated: 16, stored: 12, words: DEEP };

describe("grey levels of a DICOM file", () => {
  it("inverts MONOCHROME1 to the last level, for each of 8 bits", async () => {
    const words = Array.from({ length: 256 }, (_, at) => at);
    const spec: DicomSpec = { rows: 16, columns: 16, allocated: 8, words };
    expect(await pixels(spec)).toEqual(words);
    expect(await pixels({ ...spec, photometric: "MONOCHROME1" })).toEqual(words.map((word) => 255 - word));
  });

  it("windows 12 bits, as MONOCHROME2 and 1", async () => {
    // LINEAR, 1500 and 2001: from 499.5 black to 2499.5 white, 255 levels on 2000 values; 1000 is 500.5 * 255 / 2000.
    const spec = { ...TWELVE, extra: window("1500", "2001") };
    expect(await levels(spec)).toEqual([0, 63.81375, 191.31375, 255]);
    expect(await pixels(spec)).toEqual([0, 64, 191, 255]);
    expect(await pixels({ ...spec, photometric: "MONOCHROME1" })).toEqual([255, 191, 64, 0]);
  });

  it("takes the window's function and the first of several windows", async () => {
    // LINEAR_EXACT, 1000 and 4000: 2000 is 1000 * 255 / 4000 + 127.5.
    const exact = window("1000\\1", "4000\\2", "LINEAR_EXACT");
    expect(await levels({ ...TWELVE, extra: exact })).toEqual([63.75, 127.5, 191.25, 255]);
    // SIGMOID, 1000 and 4000: 2000 is 255 / (1 + exp(-1)).
    const [, middle, next] = await levels({ ...TWELVE, extra: window("1000", "4000", "SIGMOID") });
    expect(middle).toBe(127.5);
    expect(next).toBeCloseTo(255 * 0.7310585786300049, 10);
  });

  it("windows what slope and intercept give", async () => {
    // 0, 1000, 2000, 4095 become -1024, -524, -24, 1023.5; the window runs from -512 to 511.
    const extra = [text("00281052", "-1024"), text("00281053", "0.5"), ...window("0", "1024")];
    // (-24 + 0.5) * 255 / 1023 + 127.5
    expect((await levels({ ...TWELVE, extra }))[2]).toBeCloseTo(121.64222873900293, 10);
    expect(await pixels({ ...TWELVE, extra })).toEqual([0, 0, 122, 255]);
  });

  it("turns the order round under a negative slope", async () => {
    const extra = [text("00281052", "0"), text("00281053", "-1")];
    expect(await pixels({ ...TWELVE, extra })).toEqual([255, 193, 130, 0]);
  });

  it("stretches the picture's own range where no window is given, without its padding", async () => {
    const words = [500, 600, 1520, 0xfff];
    // 500 to 4095: 100 * 255 / 3595 = 7.09, 1020 * 255 / 3595 = 72.35.
    expect(await pixels({ ...TWELVE, words })).toEqual([0, 7, 72, 255]);
    // Padding 4095 left out: 500 to 1520, a level is four values.
    const extra: DicomElement[] = [{ tag: "00280120", vr: "US", value: [4095] }];
    expect(await pixels({ ...TWELVE, words, extra })).toEqual([0, 25, 255, 255]);
    const range: DicomElement[] = [...extra, { tag: "00280121", vr: "US", value: [1500] }];
    expect(await pixels({ ...TWELVE, words, extra: range })).toEqual([0, 255, 255, 255]);
    expect(await pixels({ ...TWELVE, words: [7, 7, 7, 7] })).toEqual([0, 0, 0, 0]);
  });

  it("keeps up to 8 stored bits by their whole range", async () => {
    const spec: DicomSpec = { rows: 1, columns: 4, allocated: 8, words: [10, 20, 30, 40] };
    expect(await pixels(spec)).toEqual([10, 20, 30, 40]);
    // 6 bits: 63 is white, 40 is 40 * 255 / 63 = 161.9.
    expect(await pixels({ ...spec, stored: 6 })).toEqual([40, 81, 121, 162]);
  });

  it("says what decided black and white", async () => {
    const shownBy = async (spec: DicomSpec) => (await readDicom(writeDicom(spec), "a.dcm")).shownBy;
    expect(await shownBy(TWELVE)).toBe("own range");
    expect(await shownBy({ ...TWELVE, extra: window("1", "2") })).toBe("window");
    expect(await shownBy({ ...TWELVE, allocated: 8, stored: 8, words: [0, 0, 0, 0] })).toBe("stored range");
  });
});

describe("samples of a DICOM file", () => {
  it("reads signed values, their sign extended over the unused bits or not", async () => {
    const spec: DicomSpec = { ...TWELVE, signed: true, extra: window("0", "4096") };
    // -2048 is black, 2047 white; -1 is (-1 + 0.5) * 255 / 4095 + 127.5 = 127.47, 0 is 127.53.
    expect(await pixels({ ...spec, words: [-2048, -1, 0, 2047] })).toEqual([0, 127, 128, 255]);
    expect(await pixels({ ...spec, words: [0x800, 0xfff, 0, 0x7ff] })).toEqual([0, 127, 128, 255]);
  });

  it("reads signed 8 bits", async () => {
    const spec: DicomSpec = { rows: 2, columns: 2, allocated: 8, signed: true, words: [0x80, 0xff, 0, 0x7f] };
    expect(await pixels(spec)).toEqual([0, 127, 128, 255]);
  });

  it("reads samples that lie in the high bits", async () => {
    const words = [0, 0x100, 0x8000, 0xff00];
    expect(await pixels({ ...TWELVE, stored: 8, highBit: 15, words })).toEqual([0, 1, 128, 255]);
  });

  it("refuses samples of more bits than the header states, but masks overlay planes", async () => {
    const spec = { ...TWELVE, words: [0, 1, 0x1001, 0xfff] };
    expect(await failure(writeDicom(spec))).toMatch(/unreadable: DICOM whose sample 2 \(0x1001\).* 12 bits/);
    // Signed: neither half an extension, nor one on a number that is not negative.
    for (const word of [0x1800, 0xf001]) {
      const signed = { ...TWELVE, signed: true, words: [0, word, 0, 0] };
      expect(await failure(writeDicom(signed))).toMatch(/unreadable: DICOM whose sample 1 /);
    }
    const extra: DicomElement[] = [{ tag: "60020100", vr: "US", value: [16] }, ...window("2048", "4096")];
    expect(await pixels({ ...spec, extra })).toEqual([0, 0, 0, 255]);
  });

  it.each([
    ["implicit little endian", "1.2.840.10008.1.2"],
    ["explicit little endian", "1.2.840.10008.1.2.1"],
    ["deflated", "1.2.840.10008.1.2.1.99"],
    ["explicit big endian", "1.2.840.10008.1.2.2"],
  ])("reads %s", async (_, syntax) => {
    const extra = [...window("1500", "2001"), ...lut("00283000", [4096, 0, 16], DEEP_COPY)];
    expect(await pixels({ ...TWELVE, syntax, extra })).toEqual([0, 64, 191, 255]);
    const bytes = { rows: 1, columns: 3, allocated: 8, words: [3, 200, 9] } as const;
    expect(await pixels({ ...bytes, syntax })).toEqual([3, 200, 9]);
  });

  it("swaps the bytes of a big endian OW of 8 bits", async () => {
    const pixelData: DicomElement = { tag: "7fe00010", vr: "OW", value: Uint8Array.of(2, 1, 4, 3) };
    const spec = { rows: 2, columns: 2, allocated: 8, syntax: "1.2.840.10008.1.2.2" } as const;
    expect(await pixels({ ...spec, extra: [pixelData] })).toEqual([1, 2, 3, 4]);
  });

  it("reads files without preamble, with the file meta group and without", async () => {
    const spec = { ...TWELVE, extra: window("1500", "2001") };
    expect(await pixels({ ...spec, head: "none" })).toEqual([0, 64, 191, 255]);
    expect(await pixels({ ...spec, head: "bare" })).toEqual([0, 64, 191, 255]);
    expect(await pixels({ ...spec, head: "bare", syntax: "1.2.840.10008.1.2" })).toEqual([0, 64, 191, 255]);
  });
});

/** A lookup table's sequence. */
function lut(
  tag: string,
  descriptor: readonly number[],
  data: readonly number[] | Uint8Array,
): DicomElement[] {
  const entries: DicomElement = { tag: "00283006", vr: "OW", value: data };
  const item: DicomElement[] = [{ tag: "00283002", vr: "US", value: descriptor }, entries];
  return [{ tag, vr: "SQ", value: [item] }];
}

/** A modality table that changes nothing. */
const DEEP_COPY = Array.from({ length: 4096 }, (_, at) => at);

describe("lookup tables", () => {
  it("goes through the modality's table, then the VOI's, which goes before a window", async () => {
    // Modality: 998 to 1000 become 5, 7, 3; lower and higher inputs take the ends. VOI: 4 to 6 become 0, 10, 15 of 15.
    const extra = [
      ...lut("00283000", [3, 998, 16], [5, 7, 3]),
      ...lut("00283010", [3, 4, 4], [0, 10, 15]),
      ...window("1", "2"),
    ];
    // 0 -> 5 -> 10, 1000 -> 3 -> 0, 2000 -> 3 -> 0, 999 -> 7 -> 15.
    const spec = { ...TWELVE, words: [0, 1000, 2000, 999], extra };
    expect(await levels(spec)).toEqual([170, 0, 0, 255]);
    expect(await pixels({ ...spec, photometric: "MONOCHROME1" })).toEqual([85, 255, 255, 0]);
  });

  it("reads entries of 8 bits packed two a word", async () => {
    const extra = lut("00283010", [4, 0, 8], Uint8Array.of(9, 8, 7, 6));
    expect(await pixels({ ...TWELVE, words: [0, 1, 2, 3], extra })).toEqual([9, 8, 7, 6]);
  });

  it("takes 0 entries for 65,536 and a first input below 0", async () => {
    const entries = Array.from({ length: 65_536 }, (_, at) => at);
    const extra: DicomElement[] = [
      {
        tag: "00283010",
        vr: "SQ",
        value: [
          [
            { tag: "00283002", vr: "SS", value: [0, -32_768, 16] },
            { tag: "00283006", vr: "OW", value: entries },
          ],
        ],
      },
    ];
    const spec: DicomSpec = { rows: 1, columns: 3, signed: true, words: [-32_768, 0, 32_767], extra };
    expect(await pixels(spec)).toEqual([0, 128, 255]);
    expect(await pixels({ ...spec, syntax: "1.2.840.10008.1.2" })).toEqual([0, 128, 255]);
  });

  it("refuses a table that is short, or holds more than its bits", async () => {
    const refused = (extra: DicomElement[]) => failure(writeDicom({ ...TWELVE, extra }));
    expect(await refused(lut("00283010", [5, 0, 16], [1, 2]))).toMatch(
      /unreadable: .*fewer than its 5 entries/,
    );
    expect(await refused(lut("00283010", [2, 0, 10], [1, 1024]))).toMatch(
      /unreadable: .*entry 1 past its 10 bits/,
    );
    expect(await refused(lut("00283010", [2, 0, 17], [1, 2]))).toMatch(/unreadable: .*entries of 17 bits/);
  });
});

describe("compressed DICOM files", () => {
  const LEVELS = Array.from({ length: 16 * 16 }, (_, at) => (at * 7) % 256);
  const jpeg = () =>
    sharp(Uint8Array.from(LEVELS), { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace("b-w")
      .jpeg({ quality: 100 })
      .toBuffer();

  it.each(["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"])(
    "reads JPEG (%s), in fragments too",
    async (syntax) => {
      const bytes = await jpeg();
      const alone = [...(await decodeBytes(bytes, "a.jpg")).pixels];
      const fragments = [bytes.subarray(0, 100), bytes.subarray(100)];
      const spec: DicomSpec = { rows: 16, columns: 16, allocated: 8, syntax, fragments };
      expect(await pixels(spec)).toEqual(alone);
      expect(await pixels({ ...spec, offsets: [0] })).toEqual(alone);
      const inverted = alone.map((level) => 255 - level);
      expect(await pixels({ ...spec, photometric: "MONOCHROME1" })).toEqual(inverted);
    },
  );

  it.each(["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"])(
    "reads JPEG Lossless (%s)",
    async (syntax) => {
      const samples = Array.from({ length: 48 }, (_, at) => (at * 977) % 4096);
      const frame = writeJpegLossless({ width: 8, height: 6, precision: 12, predictor: 1, samples });
      const spec: DicomSpec = { rows: 6, columns: 8, stored: 12, syntax, fragments: [frame] };
      const { codes } = await readDicom(writeDicom(spec), "a.dcm");
      expect([...codes]).toEqual(samples);
      const extra = window("2048", "4096");
      const expected = samples.map((sample) => 255 - Math.round((sample * 255) / 4095));
      expect(await pixels({ ...spec, extra, photometric: "MONOCHROME1" })).toEqual(expected);
    },
  );

  it("refuses a frame of another size, and 12 bits in JPEG Extended", async () => {
    const spec: DicomSpec = { rows: 16, columns: 15, allocated: 8, syntax: "1.2.840.10008.1.2.4.50" };
    expect(await failure(writeDicom({ ...spec, fragments: [await jpeg()] }))).toMatch(
      /unreadable: DICOM of 15 x 16 grey holds a JPEG of 16 x 16, 1 components/,
    );
    expect(await failure(writeDicom({ ...spec, rows: 17, columns: 16, fragments: [await jpeg()] }))).toMatch(
      /unreadable: DICOM of 16 x 17 grey holds a JPEG of 16 x 16/,
    );
    const deep = await jpeg();
    deep[deep.indexOf(Buffer.from([0xff, 0xc0])) + 4] = 12;
    const extended: DicomSpec = { rows: 16, columns: 16, stored: 12, syntax: "1.2.840.10008.1.2.4.51" };
    expect(await failure(writeDicom({ ...extended, fragments: [deep] }))).toMatch(
      /unsupported format: DICOM in JPEG Extended of 12 bits/,
    );
  });
});

describe("DICOM files that are refused", () => {
  const us = (tag: string, value: number): DicomElement => ({ tag, vr: "US", value: [value] });

  it.each<[string, Partial<DicomSpec>, RegExp]>([
    ["JPEG 2000", { syntax: "1.2.840.10008.1.2.4.90" }, /^unsupported format: DICOM in JPEG 2000 Lossless/],
    ["JPEG-LS", { syntax: "1.2.840.10008.1.2.4.80" }, /^unsupported format: DICOM in JPEG-LS Lossless/],
    ["RLE", { syntax: "1.2.840.10008.1.2.5" }, /^unsupported format: DICOM in RLE Lossless/],
    [
      "a syntax of no name",
      { syntax: "1.2.3.4" },
      /^unsupported format: DICOM in transfer syntax 1\.2\.3\.4/,
    ],
    ["RGB", { photometric: "RGB" }, /^unsupported format: DICOM in RGB/],
    ["three samples", { extra: [us("00280002", 3)] }, /^unsupported format: DICOM of 3 samples/],
    [
      "several frames",
      { extra: [{ tag: "00280008", vr: "IS", value: "12" }] },
      /^unsupported format: DICOM of 12 frames/,
    ],
    [
      "functional groups",
      { extra: [{ tag: "52009229", vr: "SQ", value: [[]] }] },
      /^unsupported format: DICOM with functional groups/,
    ],
    ["32 bits", { extra: [us("00280100", 32)] }, /^unsupported format: DICOM with 32 bits allocated/],
    ["more bits than there are", { highBit: 16 }, /^unreadable: DICOM contradicts itself/],
    ["no rows", { extra: [us("00280010", 0)] }, /^unreadable: DICOM of 2 x 0 pixels/],
    ["a size past the limit", { rows: 65_535, columns: 65_535 }, /^too large: 65535 x 65535/],
    [
      "a window of no width",
      { extra: window("5", "0") },
      /^unreadable: DICOM with a LINEAR window of width 0/,
    ],
    ["half a window", { extra: [text("00281050", "5")] }, /^unreadable: DICOM with half a window/],
    ["a window of words", { extra: window("five", "9") }, /^unreadable: DICOM's Window Center is no number/],
    [
      "an unknown function",
      { extra: window("5", "9", "CUBIC") },
      /^unsupported format: DICOM with VOI LUT Function CUBIC/,
    ],
    ["a slope of 0", { extra: [text("00281053", "0")] }, /^unreadable: DICOM's Rescale Slope is 0/],
    ["too few pixels", { words: [1, 2, 3] }, /^truncated: DICOM with 6 of 8 bytes/],
    ["a second frame", { words: Array(8).fill(1) }, /^unreadable: DICOM with 16 bytes for 8/],
    ["fragments uncompressed", { fragments: [new Uint8Array(8)] }, /^unreadable: .*uncompressed/],
    ["no fragments", { syntax: "1.2.840.10008.1.2.4.70" }, /^unreadable: DICOM without fragments/],
  ])("%s", async (_, change, expected) => {
    expect(await failure(writeDicom({ ...TWELVE, ...change }))).toMatch(expected);
  });

  it("names what has no pixels", async () => {
    const { words: _, ...empty } = TWELVE;
    expect(await failure(writeDicom(empty))).toMatch(/^truncated: the DICOM file ends before its pixel data/);
    // A report, which has no rows: its verification flag alone.
    const file = writeDicom(TWELVE);
    const meta = file.subarray(0, file.indexOf(Buffer.from([8, 0, 0x60, 0])));
    const flag = Buffer.concat([
      Buffer.from([0x40, 0, 0x93, 0xa4]),
      Buffer.from("CS\x08\0VERIFIED", "latin1"),
    ]);
    expect(await failure(Buffer.concat([meta, flag]))).toBe("unsupported format: DICOM without pixel data");
  });

  it("stops inflating at the limit", async () => {
    const bomb = writeDicom({
      ...TWELVE,
      syntax: "1.2.840.10008.1.2.1.99",
      extra: [{ tag: "00090010", vr: "OB", value: new Uint8Array(MAX_PIXELS * 2 + 2 ** 23) }],
    });
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await failure(bomb)).toMatch(/^too large: inflates to over/);
  });

  it("refuses a header that is all elements", async () => {
    const element = Buffer.from("0900010055530000", "hex");
    const preamble = writeDicom(TWELVE).subarray(0, 300);
    const start = preamble.indexOf(Buffer.from("0800", "hex"), 140);
    const bytes = Buffer.concat([preamble.subarray(0, start), Buffer.alloc(9_000_000, element)]);
    expect(await failure(bytes)).toMatch(/^unsupported format: DICOM whose pixel data do not begin/);
  });
});
