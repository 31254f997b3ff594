import path from "node:path";
import { describe, expect, it } from "vitest";
import { MIMIC_STYLE, PHANTOM_NIH } from "../../datasets/phantom/sites.ts";
import { writePhantomSite } from "../../datasets/phantom/write-site.ts";
import { readHospital } from "../../datasets/read-hospital.ts";
import type { Engine, PixelImage, PreparedPrompt } from "../../engine/engine.ts";
import { promptByName } from "../../prompts/builtin-prompts.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { planPictures } from "./phantom-switches.ts";
import { probeRegions, probeSwitches } from "./shortcut-probe.ts";

const SIZE = 64;
const SEED = 5;
const IMAGES = 40;
const root = path.join(scratchFolder(), "nih");
await writePhantomSite({ ...PHANTOM_NIH, seed: SEED, images: IMAGES, size: SIZE }, root, { workers: 0 });
const { records } = await readHospital({ kind: "nih", root, site: "away", licence: "synthetic" });
const planned = planPictures(PHANTOM_NIH, SEED, IMAGES, SIZE);

/** An engine whose model is a function of the pixels. */
function readerOf(read: (picture: PixelImage, adapter: string) => string): {
  engine: Engine;
  held: () => number;
  stored: () => boolean;
} {
  const answers = new Map<string, PixelImage>();
  let next = 0;
  let anyStored = false;
  const refuse = () => Promise.reject(new Error("not asked for"));
  const engine = {
    prepare: (prompts) =>
      Promise.resolve(
        prompts.map(({ images, store }): PreparedPrompt => {
          anyStored ||= store !== false;
          const handle = `h${next++}`;
          answers.set(handle, images[0] as PixelImage);
          return { handle, tokens: 1, imageTokens: 1, featuresCached: false };
        }),
      ),
    sample: ({ prompts, temperature, adapter }) => {
      expect(temperature).toBe(0);
      return Promise.resolve(
        prompts.map(({ handle }, prompt) => [
          {
            prompt,
            completion: 0,
            tokens: [1],
            text: read(answers.get(handle) as PixelImage, adapter),
            finish: "stop" as const,
            logprobs: [0],
          },
        ]),
      );
    },
    free: (what) => {
      if ("handle" in what) answers.delete(what.handle);
      return Promise.resolve();
    },
    describe: refuse,
    load: refuse,
    extend: refuse,
    tokenize: refuse,
    forward: refuse,
    backward: refuse,
    zeroGrad: refuse,
    step: refuse,
    newAdapter: refuse,
    saveState: refuse,
    loadState: refuse,
  } satisfies Engine;
  return { engine, held: () => answers.size, stored: () => anyStored };
}

/** Names Pneumothorax where the lower left corner holds something bright: a planted mark, or a marker's letters. */
const BRIGHT = 230;
const shortcutReader = ({ width, height, pixels }: PixelImage): string => {
  const corner = [...pixels.keys()].filter(
    (at) => at % width < 0.09 * width && Math.floor(at / width) > 0.91 * height,
  );
  const isMarked = corner.some((at) => (pixels[at] ?? 0) > BRIGHT);
  return `<solution>${isMarked ? "Pneumothorax" : "No Finding"}</solution>`;
};
const settings = {
  prompt: promptByName("only-label"),
  root,
  adapter: "",
  maxTokens: 8,
  seed: SEED,
  fill: "mean" as const,
  resamples: 200,
  level: 0.95,
};
const style = { size: SIZE, planSeed: SEED, style: { own: PHANTOM_NIH.style, other: MIMIC_STYLE } };
const withPlans = records.map((record) => {
  const plan = planned.get(record.id);
  if (plan === undefined) throw new Error(`no plan of ${record.id}`);
  return { ...record, plan };
});

describe("the shortcut probe", () => {
  it("finds the mark that a reader goes by, and its direction", async () => {
    const { engine, held, stored } = readerOf(shortcutReader);
    const probes = await probeSwitches(engine, withPlans, style, settings);
    const corner = probes.find(({ what }) => what === "shortcut corner");
    expect(corner?.changes.differing).toBeGreaterThan(0.8 * IMAGES);
    expect(corner?.excess?.outcome).toBe("more than the null");
    const pneumothorax = corner?.changes.labels.find(({ label }) => label === "Pneumothorax");
    expect(pneumothorax).toMatchObject({ gained: corner?.changes.differing, lost: 0 });
    expect(pneumothorax?.holm).toBeLessThan(1e-6);
    for (const what of ["view", "shortcut device"] as const) {
      const other = probes.find((probe) => probe.what === what);
      expect(other?.changes.differing, what).toBe(0);
      expect(other?.excess?.outcome).toBe("no more than the null");
    }
    expect(probes.find(({ what }) => what === "retaken")?.excess).toBeNull();
    expect([held(), stored()]).toEqual([0, false]);
  });

  it("tells what was learned from what the model before did already", async () => {
    const { engine, held } = readerOf((picture, adapter) =>
      adapter === "trained" ? shortcutReader(picture) : "<solution>No Finding</solution>",
    );
    const learnedBy = async (adapter: string, earlier: string) => {
      const probes = await probeSwitches(engine, withPlans, style, { ...settings, adapter, earlier });
      return probes.flatMap(({ what, learned }) =>
        (learned ?? [])
          .filter(({ outcome }) => outcome === "learned")
          .map(({ label }) => `${what}: ${label}`),
      );
    };
    expect(await learnedBy("trained", "")).toEqual([
      "shortcut corner: No Finding",
      "shortcut corner: Pneumothorax",
    ]);
    // The mark moves both models' answers alike.
    expect(await learnedBy("trained", "trained")).toEqual([]);
    expect(held()).toBe(0);
  });

  it("calls learned or moved only what holds after the correction for all that was probed", async () => {
    // Goes by the mark in the pictures of some patients alone.
    const { engine } = readerOf((picture, adapter) =>
      adapter === "trained" && (picture.pixels[(picture.pixels.length + picture.width) / 2] ?? 0) % 4 === 0
        ? shortcutReader(picture)
        : "<solution>No Finding</solution>",
    );
    const probes = await probeSwitches(engine, withPlans, style, {
      ...settings,
      adapter: "trained",
      earlier: "",
    });
    const marked = probes.find(({ what }) => what === "shortcut corner")?.learned ?? [];
    const change = marked.find(({ label }) => label === "Pneumothorax");
    expect(change?.test.p).toBeLessThan(0.05);
    expect(change?.holm).toBeGreaterThan(0.05);
    expect(change?.outcome).toBe("as before");
  });

  it("finds the region that a reader goes by, in no other place", async () => {
    // Whether the corner is of one grey alone, as no exposed film is.
    const { engine } = readerOf(({ width, height, pixels }) => {
      const corner = [...pixels.keys()].filter(
        (at) => at % width < 0.1 * width && Math.floor(at / width) > 0.9 * height,
      );
      const isFlat = new Set(corner.map((at) => pixels[at])).size === 1;
      return `<solution>${isFlat ? "Pneumothorax" : "No Finding"}</solution>`;
    });
    const probes = await probeRegions(engine, records, settings);
    const of = (name: string) => probes.find(({ region }) => region === name);
    expect(of("bottom left corner")?.changes.differing).toBe(records.length);
    expect(of("bottom left corner")?.excess?.outcome).toBe("more than the null");
    expect(of("bottom left corner")?.elsewhere.differing).toBeLessThan(0.2 * IMAGES);
    for (const name of ["top right corner", "lungs"]) {
      expect(of(name)?.changes.differing).toBeLessThan(0.2 * IMAGES);
      expect(of(name)?.excess?.outcome).toBe("no more than the null");
    }
  });

  it("swaps a region for another patient's, and says that few are few", async () => {
    const seen: number[] = [];
    const { engine } = readerOf(({ pixels }) => {
      seen.push(pixels.length);
      return "<solution>No Finding</solution>";
    });
    const probes = await probeRegions(engine, records.slice(0, 5), { ...settings, fill: "swap" });
    expect(seen).toHaveLength(5 * 13);
    expect(probes.map(({ excess }) => excess?.outcome)).toEqual(probes.map(() => "too few"));
    expect(probes.every(({ changes }) => changes.differing === 0)).toBe(true);
  });
});
