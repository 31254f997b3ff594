import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { imageKey } from "./picture.ts";
import { readPictures, writeFileList, writePictures, writeReplaced } from "./picture-files.ts";
import { image } from "./testing/hospital.ts";

const folder = scratchFolder();
const at = (id: string, file: string) => ({ ...image(id, "p", ["Edema"]), image: file });

it("lists each file once, in order, as download tools read it", async () => {
  const file = path.join(folder, "files.txt");
  await writeFileList(file, [at("b", "files/b.jpg"), at("a", "files/a.jpg"), at("c", "files/b.jpg")]);
  expect(await readFile(file, "utf8")).toBe("files/a.jpg\nfiles/b.jpg\n");
  await writeFileList(file, []);
  expect(await readFile(file, "utf8")).toBe("");
});

it("writes what was replaced, by what and why", async () => {
  const file = path.join(folder, "replaced.csv");
  const old = at("a,1", "a.jpg");
  await writeReplaced(file, [
    { set: "sft", old, new: at("b", "b.jpg"), reason: "unreadable image", detail: 'cut "short"' },
    { set: "test", old, new: null, reason: "missing file", detail: "" },
  ]);
  expect(await readFile(file, "utf8")).toBe(
    'set,site,old,new,reason,detail\nsft,here,"a,1",b,unreadable image,"cut ""short"""\ntest,here,"a,1",,missing file,\n',
  );
});

it("gives hashes back, of those that are known", async () => {
  const file = path.join(folder, "pictures.jsonl");
  const records = [at("a", "a.jpg"), at("b", "b.jpg")];
  const hashes = new Map([[imageKey(records[0] ?? at("", "")), "1f"]]);
  await writePictures(file, [{ name: "sft", use: "train", rule: "", records }], hashes);
  expect(await readPictures(file)).toEqual(hashes);
});
