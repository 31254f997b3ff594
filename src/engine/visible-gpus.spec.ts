import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { visibleGpus } from "./visible-gpus.ts";

const root = scratchFolder();

it("counts the driver's GPUs, as far as they are named", () => {
  const folder = path.join(root, "gpus");
  for (const bus of ["0000:17:00.0", "0000:65:00.0", "0000:ca:00.0"])
    mkdirSync(path.join(folder, bus), { recursive: true });
  const count = (listed?: string) =>
    visibleGpus(listed === undefined ? {} : { CUDA_VISIBLE_DEVICES: listed }, folder);
  expect([count(), count("0,2"), count("GPU-aa"), count(""), count("0,1,2,3")]).toEqual([3, 2, 1, 0, 3]);
  expect(visibleGpus({}, path.join(root, "nowhere"))).toBe(0);
});
