/**
 * Writes the neutral site that the readers here are trained and scored on.
 * Run: npx tsx models/calibration/write-neutral.ts FOLDER [--images 14000] [--size 112] [--seed 11] [--workers 2]
 */
import { parseArgs } from "node:util";
import { PHANTOM_NEUTRAL } from "../../src/datasets/phantom/sites.ts";
import { writePhantomSite } from "../../src/datasets/phantom/write-site.ts";
import { UserError } from "../../src/util/user-error.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: "string", default: "14000" },
    size: { type: "string", default: "112" },
    seed: { type: "string", default: "11" },
    workers: { type: "string", default: "2" },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new UserError("write-neutral: name the folder to write to", 2);
const began = performance.now();
const { outcome, pictures } = await writePhantomSite(
  { ...PHANTOM_NEUTRAL, seed: Number(values.seed), images: Number(values.images), size: Number(values.size) },
  folder,
  { workers: Number(values.workers) },
);
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage();
console.error(
  `${folder}: ${outcome}, ${pictures} pictures, ${(pictures / seconds).toFixed(0)} a second, ` +
    `${((user + system) / 1000 / pictures).toFixed(1)} ms of processor time each`,
);
