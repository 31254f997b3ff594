import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { Cohort } from "./cohort.ts";
import { lookAtPictures } from "./look-at-pictures.ts";
import { imageKey } from "./picture.ts";
import { drawTestSet } from "./test-set.ts";
import { image } from "./testing/hospital.ts";
import { verifySets } from "./verify-sets.ts";

const folder = scratchFolder();
const records = ["a", "b", "c", "d", "e"].map(
  (id): ImageRecord => ({ ...image(id, `p${id}`, ["Edema"]), image: `images/${id}.png` }),
);
const [a, b, c, d, e] = records as [ImageRecord, ImageRecord, ImageRecord, ImageRecord, ImageRecord];

/** A picture of one grey; the same grey is the same picture, in whatever file. */
const png = (grey: number, compressionLevel: number): Promise<Buffer> =>
  sharp(Buffer.alloc(64, grey), { raw: { width: 8, height: 8, channels: 1 } })
    .png({ compressionLevel })
    .toBuffer();

beforeAll(async () => {
  await mkdir(path.join(folder, "images"));
  const write = async (record: ImageRecord, bytes: Buffer) =>
    writeFile(path.join(folder, record.image), bytes);
  await write(a, await png(10, 9));
  await write(b, await png(20, 9));
  const whole = await png(30, 9);
  await write(c, whole.subarray(0, whole.length - 20));
  // The same pixels as a, in other bytes. There is no e.
  await write(d, await png(10, 0));
});

describe("lookAtPictures", () => {
  const look = (options: object = {}) => lookAtPictures({ rootOf: () => folder, ...options })(records);

  it("finds the same picture in other bytes, the broken file, and the one to be fetched", async () => {
    const found = await look();
    expect(found.map(({ kind }) => kind)).toEqual([
      "readable",
      "readable",
      "unusable",
      "readable",
      "awaited",
    ]);
    expect(found[3]).toEqual(found[0]);
    expect(found[1]).not.toEqual(found[0]);
    expect(found[2]).toMatchObject({
      reason: "unreadable image",
      detail: expect.stringMatching(/^truncated: /),
    });
  });

  it("opens no file whose hash is known, and calls a missing one unusable when asked", async () => {
    const found = await look({ hashes: new Map([[imageKey(c), "known"]]), missing: "replace" });
    expect(found[2]).toEqual({ kind: "readable", hash: "known" });
    expect(found[4]).toEqual({ kind: "unusable", reason: "missing file", detail: "" });
  });
});

describe("verifySets", () => {
  const sft: Cohort = { name: "sft", use: "train", rule: "", records: [a] };

  it("looks at each file once, replacements too, and leaves none that is broken or in another set", async () => {
    const looked: string[] = [];
    const look = lookAtPictures({ rootOf: () => folder });
    const hashOfA = (await look([a]))[0];
    const before = {
      cohort: sft,
      hashOf: () => (hashOfA?.kind === "readable" ? hashOfA.hash : undefined),
      personOf: ({ patient }: ImageRecord) => patient,
    };
    const { settled, hashes, awaited } = await verifySets(
      (of) => drawTestSet([b, c, d, e], { name: "t", count: "all", seed: 1 }, of, [before]),
      ({ cohort }) => [cohort],
      (unseen) => {
        looked.push(...unseen.map(({ id }) => id));
        return look(unseen);
      },
    );
    expect(looked.sort()).toEqual(["b", "c", "d", "e"]);
    expect(settled.cohort.records).toEqual([b, e]);
    expect([...hashes.keys()]).toEqual([imageKey(b)]);
    expect(awaited).toEqual([e]);
    expect(settled.replaced.map(({ old, reason }) => [old.id, reason])).toEqual([
      ["c", "unreadable image"],
      ["d", "same picture in another set"],
    ]);
  });

  it("refuses sets that still hold one picture twice", async () => {
    const twice = [sft, { ...sft, name: "rl", records: [d] }];
    await expect(
      verifySets(
        () => twice,
        (sets) => sets,
        lookAtPictures({ rootOf: () => folder }),
      ),
    ).rejects.toThrow("rl: d of here is the same picture as a of here in sft");
  });
});
