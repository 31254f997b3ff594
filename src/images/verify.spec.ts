import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { verifyImages } from "./verify.ts";

const folder = scratchFolder();

it("verifies in parallel, in the order of the files, each bad file with its reason", async () => {
  const bytes = await sharp({ create: { width: 9, height: 7, channels: 4, background: "#777777" } })
    .png()
    .toBuffer();
  const file = (name: string) => path.join(folder, name);
  await writeFile(file("a.png"), bytes);
  await writeFile(file("cut.png"), bytes.subarray(0, bytes.length - 20));
  await symlink("loop.png", file("loop.png"));
  const names = ["a.png", "none.png", "cut.png", "loop.png", "a.png"];
  const seen: number[] = [];
  const verified = await verifyImages(names.map(file), {
    parallel: 3,
    onProgress: (done) => seen.push(done),
  });
  expect(verified.map(({ outcome }) => outcome)).toEqual([
    "ok",
    "missing file",
    "truncated",
    "unreadable",
    "ok",
  ]);
  expect(verified[0]).toMatchObject({ width: 9, height: 7, sourceChannels: 4, sourceBits: 8 });
  expect(verified.map((image) => image.file)).toEqual(names.map(file));
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});
