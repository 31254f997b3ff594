import path from "node:path";
import { describe, expect, it } from "vitest";
import { MIMIC_STYLE, PHANTOM_NIH } from "../../datasets/phantom/sites.ts";
import { writePhantomSite } from "../../datasets/phantom/write-site.ts";
import { readHospital } from "../../datasets/read-hospital.ts";
import { decodeImage, type GreyImage } from "../../images/decode.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { drawPicture, PHANTOM_SWITCHES, planPictures, switchedSpecs } from "./phantom-switches.ts";

const SIZE = 64;
const SEED = 5;
const style = { own: PHANTOM_NIH.style, other: MIMIC_STYLE };
const root = path.join(scratchFolder(), "nih");
await writePhantomSite({ ...PHANTOM_NIH, seed: SEED, images: 6, size: SIZE }, root, { workers: 0 });
const planned = planPictures(PHANTOM_NIH, SEED, 6, SIZE);
const [first] = planned.values();
if (first === undefined) throw new Error("no picture was planned");

/** The pixels in which two pictures differ: how many, and their rows and columns. */
function difference(a: GreyImage, b: GreyImage) {
  const at = [...a.pixels.keys()].filter((i) => a.pixels[i] !== b.pixels[i]);
  return { count: at.length, rows: at.map((i) => Math.floor(i / SIZE)), columns: at.map((i) => i % SIZE) };
}
const drawn = (what: (typeof PHANTOM_SWITCHES)[number]) => {
  const { before, after } = switchedSpecs(first, what, SEED, style);
  return { before, after, ...difference(drawPicture(before, SIZE), drawPicture(after, SIZE)) };
};

describe("phantom switches", () => {
  it("find the plan of every picture, by the id that its reader gives", async () => {
    const { records } = await readHospital({ kind: "nih", root, site: "away", licence: "synthetic" });
    expect(records.map(({ id }) => id).sort()).toEqual([...planned.keys()].sort());
    // PNG, so nothing is lost between the drawing and the file.
    for (const { id, image } of records) {
      const plan = planned.get(id);
      if (plan === undefined) throw new Error(`no plan of ${id}`);
      const { pixels } = await decodeImage(path.join(root, image));
      expect(Buffer.from(pixels).equals(drawPicture(plan.spec, SIZE).pixels)).toBe(true);
    }
  });

  it("plant a mark in its corner and change nothing else", () => {
    const { count, rows, columns } = drawn("shortcut corner");
    expect(count).toBeGreaterThan(0);
    expect(Math.min(...rows)).toBeGreaterThan(SIZE * 0.9);
    expect(Math.max(...columns)).toBeLessThan(SIZE * 0.1);
    for (const kind of ["device", "border", "contrast"] as const)
      expect(drawn(`shortcut ${kind}`).count).toBeGreaterThan(0);
  });

  it("keep patient, findings and marks, whatever is switched of the rest", () => {
    for (const what of PHANTOM_SWITCHES) {
      const { before, after, count } = drawn(what);
      expect(count, what).toBeGreaterThan(0);
      expect([after.anatomy, after.findings]).toEqual([before.anatomy, before.findings]);
      if (what.startsWith("shortcut")) expect(after.exposure).toEqual(before.exposure);
      else expect(after.shortcut).toEqual(before.shortcut);
    }
    expect(drawn("view").before.posture).toEqual({ ...first.spec.posture, view: "PA" });
    expect(drawn("view").after.posture.view).toBe("AP");
    expect(drawn("view").after.exposure).toEqual(first.spec.exposure);
  });

  it("take the same picture again for the null: same style, other grain", () => {
    const { before, after } = drawn("retaken");
    expect(before).toBe(first.spec);
    expect(after.exposure.noiseSeed).not.toBe(before.exposure.noiseSeed);
    expect(drawn("retaken").after).toEqual(after);
    // The own style from the same numbers is the own picture.
    const same = switchedSpecs(first, "style", SEED, { own: style.own, other: style.own });
    expect(same.after).toEqual(first.spec);
  });
});
