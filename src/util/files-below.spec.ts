import { symlink } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { writeFileAtomic } from "./files.ts";
import { filesBelow } from "./files-below.ts";
import { scratchFolder } from "./testing/scratch-folder.ts";

const folder = scratchFolder();

it("lists files at any depth in order, and neither folders nor links", async () => {
  for (const file of ["b", "a/z", "a/c/d", "a.txt"]) await writeFileAtomic(path.join(folder, file), "");
  await symlink(folder, path.join(folder, "link"));
  expect(await filesBelow(folder)).toEqual(["a.txt", "a/c/d", "a/z", "b"]);
  await expect(filesBelow(path.join(folder, "none"))).rejects.toThrow("ENOENT");
});
