import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { REGION_NAMES } from "../images/mask-region.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import { probeStudy } from "./probe-study.ts";
import { runStudy } from "./run-study.ts";

const scratch = scratchFolder();
const FILE = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
folder: ${JSON.stringify(path.join(scratch, "small"))}
model: { source: ${path.join(PACKAGE_ROOT, "models/phantom-gemma3")}, dtype: float32, minVisualTokens: 0, maxVisualTokens: 0, gradientCheckpointing: false, threads: 1 }
data:
  here: { kind: phantom, site: phantom-mimic, images: 24, size: 112 }
  there: { kind: phantom, site: phantom-nih, images: 12, size: 112 }
cohort: { source: here, sft: 4, rl: 2, validation: 2, floor: 0 }
format: only-label
teacher: { kind: worded }
sft: null
grpo: null
evaluation: { sets: { there: { n: 4 } }, maxTokens: 48, resamples: 100 }
`;

it("has a model read changed pictures, the same each time, and leaves the study as it was", async () => {
  await writeFile(FILE, STUDY);
  const study = await loadStudy(FILE);
  const listener = { onStage: () => {}, onProgress: () => {} };
  const signal = new AbortController().signal;
  await runStudy(study, { until: "cohort", listener, engine: {}, signal });
  const probe = () =>
    probeStudy(study, {
      model: "base",
      n: 2,
      only: ["regions", "switches"],
      fill: "swap",
      engine: {},
      onProgress: () => {},
    });
  const first = await probe();
  const [there] = first.hospitals;
  if (there === undefined || "notProbed" in there.regions || "notProbed" in there.switches)
    throw new Error("not probed");
  expect(there.regions.probes.map(({ region }) => region)).toEqual(REGION_NAMES);
  expect(there.regions.probes.every(({ changes }) => changes.images === 2)).toBe(true);
  // Nothing was trained, so nothing was learned since.
  expect(there.switches.probes.every(({ learned }) => learned === null)).toBe(true);
  expect(there.switches.style).toBe("phantom-mimic");
  expect(there.switches.probes.map(({ what }) => what)).toContain("shortcut corner");
  expect(await probe()).toEqual(first);
});
