import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { type DecodedImage, decodeBytes, decodeImage } from "./decode.ts";
import { IMAGE_FAILURES, ImageError } from "./image-error.ts";
import { MAX_PIXELS } from "./limits.ts";
import { type DicomSpec, writeDicom } from "./testing/write-dicom.ts";
import { writeJpegLossless } from "./testing/write-jpeg-lossless.ts";
import { writePng } from "./testing/write-png.ts";
import { verifyImages } from "./verify.ts";

const WIDTH = 20;
const HEIGHT = 14;
const GREY = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => (at * 11) % 256);
const DEEP = Array.from({ length: WIDTH * HEIGHT }, (_, at) => (at * 977) % 4096);

const raster = sharp(GREY, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace("b-w");
const jpeg = await raster.clone().jpeg().toBuffer();
const lossless = { width: WIDTH, height: HEIGHT, precision: 12, predictor: 1, samples: DEEP };
const lut = {
  tag: "00283010",
  vr: "SQ",
  value: [
    [
      { tag: "00283002", vr: "US", value: [3, 100, 12] },
      { tag: "00283006", vr: "OW", value: [0, 7, 4095] },
    ],
  ],
} as const;
const form: DicomSpec = { rows: HEIGHT, columns: WIDTH, stored: 12 };

/** Whole files of every kind that is read. */
const FILES: Readonly<Record<string, Buffer>> = {
  png: await raster.clone().png().toBuffer(),
  "png of 16 bits": writePng(
    { width: 6, height: 5, depth: 16, colour: 0 },
    Uint8Array.from({ length: 5 * 13 }, (_, at) => (at % 13 === 0 ? 0 : at)),
  ),
  jpeg,
  "progressive jpeg": await raster.clone().jpeg({ progressive: true }).toBuffer(),
  dicom: writeDicom({ ...form, words: DEEP, extra: [lut] }),
  "implicit dicom": writeDicom({ ...form, words: DEEP, extra: [lut], syntax: "1.2.840.10008.1.2" }),
  "big endian dicom": writeDicom({ ...form, words: DEEP, syntax: "1.2.840.10008.1.2.2" }),
  "deflated dicom": writeDicom({ ...form, words: DEEP, syntax: "1.2.840.10008.1.2.1.99" }),
  "bare dicom": writeDicom({ ...form, words: DEEP, head: "bare" }),
  "dicom in jpeg": writeDicom({
    ...form,
    allocated: 8,
    stored: 8,
    syntax: "1.2.840.10008.1.2.4.50",
    fragments: [jpeg],
  }),
  "dicom in lossless jpeg": writeDicom({
    ...form,
    syntax: "1.2.840.10008.1.2.4.70",
    fragments: [writeJpegLossless(lossless)],
  }),
};
const KINDS = Object.keys(FILES);
const fileOf = (kind: string) => FILES[kind] ?? Buffer.alloc(0);

/** The picture, or the name of the failure. Whatever else is thrown goes through: that is a bug. */
async function outcome(bytes: Uint8Array): Promise<DecodedImage | string> {
  try {
    return await decodeBytes(bytes, "hostile");
  } catch (error) {
    if (error instanceof ImageError) return error.failure;
    throw error;
  }
}

/** A picture is whole and within bounds, a failure has one of the names. */
function expectSound(found: DecodedImage | string): void {
  if (typeof found === "string") {
    expect(IMAGE_FAILURES).toContain(found);
    return;
  }
  expect(found.width * found.height).toBeGreaterThan(0);
  expect(found.width * found.height).toBeLessThanOrEqual(MAX_PIXELS);
  expect(found.pixels.length).toBe(found.width * found.height);
}

describe("hostile files", () => {
  it("reads its own examples, so that what follows is their damage", async () => {
    for (const kind of KINDS) expect([kind, typeof (await outcome(fileOf(kind)))]).toEqual([kind, "object"]);
  });

  it.each(KINDS)("%s: cut anywhere before its end it is never a picture", async (kind) => {
    const whole = fileOf(kind);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const found = await outcome(whole.subarray(0, length));
        expectSound(found);
        expect([length, typeof found]).toEqual([length, "string"]);
      }),
      { numRuns: 120 },
    );
  });

  it.each(KINDS)("%s: with bytes changed it is a picture or has a named failure", async (kind) => {
    const whole = fileOf(kind);
    const change = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        expectSound(await outcome(bytes));
      }),
      { numRuns: 150 },
    );
  });

  it("png: each changed bit gives the same picture or none", async () => {
    const whole = fileOf("png of 16 bits");
    const { pixels } = await decodeBytes(whole, "png");
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = await outcome(bytes);
      expectSound(found);
      if (typeof found === "object") expect([bit, found.pixels]).toEqual([bit, pixels]);
    }
  });

  it("jpeg: one that claims more rows than it has is not filled up in grey", async () => {
    const bytes = Buffer.from(jpeg);
    const height = bytes.indexOf(Buffer.from([0xff, 0xc0])) + 5;
    bytes.writeUInt16BE(HEIGHT + 256, height);
    expect(await outcome(bytes)).toBe("truncated");
    const tall = await sharp(Buffer.alloc(40 * 400, GREY), { raw: { width: 40, height: 400, channels: 1 } })
      .jpeg()
      .toBuffer();
    const closed = Buffer.concat([tall.subarray(0, -200), Buffer.from([0xff, 0xd9])]);
    expect(await outcome(closed)).toBe("truncated");
  });

  it("any bytes behind any beginning", async () => {
    const beginnings = [Buffer.alloc(0), ...KINDS.map((kind) => fileOf(kind).subarray(0, 180))];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...beginnings),
        fc.uint8Array({ maxLength: 400 }),
        async (start, rest) => {
          expectSound(await outcome(Buffer.concat([start, rest])));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("zero bytes, and files of zeros", async () => {
    for (const length of [0, 1, 8, 131, 132, 4096]) expectSound(await outcome(new Uint8Array(length)));
    expect(await outcome(new Uint8Array())).toBe("truncated");
  });

  it("a nest of sequences past the stack", async () => {
    // (0008,1140) SQ of undefined length, in it an item of undefined length, in it the same again.
    const level = Buffer.from("0800401153510000ffffffff" + "feff00e0ffffffff", "hex");
    const nested = Buffer.alloc(level.length * 200_000, level);
    const head = fileOf("dicom").subarray(0, fileOf("dicom").indexOf(Buffer.from([8, 0, 0x60, 0])));
    expect(await outcome(Buffer.concat([head, nested]))).toBe("unreadable");
  });

  it("names a folder, a device and a pipe in a file's place, without waiting for them", async () => {
    const folder = path.join(scratch, "folder.png");
    await mkdir(folder);
    const pipe = path.join(scratch, "pipe.dcm");
    await promisify(execFile)("mkfifo", [pipe]);
    const found = await verifyImages([folder, pipe, "/dev/zero", "/dev/null"]);
    expect(found.map((each) => [each.outcome, "detail" in each && each.detail])).toEqual(
      Array(4).fill(["unreadable", "not a file"]),
    );
  });
});

const scratch = scratchFolder();

describe("bombs", () => {
  /** By how many bytes the work raised the most memory that the process ever held. */
  async function growth(work: () => Promise<unknown>): Promise<number> {
    const before = process.resourceUsage().maxRSS;
    await work();
    return (process.resourceUsage().maxRSS - before) * 1024;
  }

  const claims: readonly (readonly [string, () => Buffer])[] = [
    [
      "png",
      () => writePng({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, depth: 16, colour: 6 }, new Uint8Array(9)),
    ],
    ["png of one row", () => writePng({ width: 8, height: 2 ** 30, depth: 8, colour: 0 }, new Uint8Array(9))],
    [
      "png that inflates a thousandfold",
      () => writePng({ width: 60_000, height: 60_000, depth: 8, colour: 0 }, new Uint8Array(20_000_000)),
    ],
    [
      "jpeg",
      () => {
        const bytes = Buffer.from(jpeg);
        bytes.fill(
          0xff,
          bytes.indexOf(Buffer.from([0xff, 0xc0])) + 5,
          bytes.indexOf(Buffer.from([0xff, 0xc0])) + 9,
        );
        return bytes;
      },
    ],
    ["dicom", () => writeDicom({ ...form, rows: 65_535, columns: 65_535, words: DEEP })],
    [
      "dicom whose lossless jpeg is larger than it says",
      () => {
        const frame = writeJpegLossless(lossless);
        frame.fill(
          0xff,
          frame.indexOf(Buffer.from([0xff, 0xc3])) + 5,
          frame.indexOf(Buffer.from([0xff, 0xc3])) + 9,
        );
        return writeDicom({ ...form, syntax: "1.2.840.10008.1.2.4.70", fragments: [frame] });
      },
    ],
    [
      "dicom in a hundred thousand fragments",
      () =>
        writeDicom({
          ...form,
          syntax: "1.2.840.10008.1.2.4.70",
          fragments: Array<Uint8Array>(100_000).fill(new Uint8Array()),
        }),
    ],
  ];

  it.each(claims)("%s: refused by name, in bounded memory", async (_, make) => {
    const bytes = make();
    let found: DecodedImage | string = "";
    const grown = await growth(async () => {
      found = await outcome(bytes);
    });
    expect(typeof found).toBe("string");
    expectSound(found);
    expect(grown).toBeLessThan(200_000_000);
  });

  it("the largest claim that is allowed costs no more than its pixels", async () => {
    const side = 8000;
    const rows = deflateSync(new Uint8Array(1));
    expect(side * side).toBeLessThanOrEqual(MAX_PIXELS);
    const file = path.join(scratch, "claim.png");
    await writeFile(file, writePng({ width: side, height: side, depth: 8, colour: 0 }, rows));
    const grown = await growth(() =>
      decodeImage(file).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ImageError);
      }),
    );
    expect(grown).toBeLessThan(6 * MAX_PIXELS);
  });
});
