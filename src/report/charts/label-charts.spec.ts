import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { labelRow } from "../../labels/label.ts";
import { tallyLabels } from "../../labels/label-tally.ts";
import { coOccurrence, coOccurrenceChart } from "./co-occurrence-chart.ts";
import { labelShares, labelSharesChart } from "./label-shares-chart.ts";
import { standaloneSvg } from "./standalone-svg.ts";

const source = tallyLabels([
  labelRow({ Edema: 1, Pneumonia: 0 }),
  labelRow({ Edema: 1, Pneumonia: 1 }),
  labelRow({ Edema: 0, Pneumonia: -1 }),
  labelRow({ Edema: 0, Pneumonia: null }),
]);
const cohort = tallyLabels([labelRow({ Edema: 1 })]);

describe("labelShares", () => {
  it("is the share of images with the label; a label that no row speaks of is left out", () => {
    expect(labelShares("source", source)).toEqual({
      name: "source",
      shares: { Edema: 0.5, Pneumonia: 0.25 },
    });
  });
});

describe("labelSharesChart", () => {
  it("draws a bar for every share of every set, and says them", async () => {
    const chart = await labelSharesChart("How common", [
      labelShares("source", source),
      labelShares("cohort <1>", cohort),
    ]);
    const svg = chart.toString();
    // Two of the source, one of the cohort: of Pneumonia it says nothing.
    const marks = /class="mark-rect role-mark marks"[^>]*>(.*?)<\/g>/s.exec(svg)?.[1] ?? "";
    expect(marks.match(/<path/g)).toHaveLength(3);
    expect(svg).toContain("source: Edema 50.0 %, Pneumonia 25.0 %");
    expect(svg).toContain("cohort &lt;1&gt;: Edema 100.0 %, Pneumonia not stated");
  });
});

describe("coOccurrenceChart", () => {
  it("gives, of the images with one label, the percentage with the other, in either direction", async () => {
    const chart = await coOccurrenceChart("Together", [coOccurrence("source", source)]);
    const svg = chart.toString();
    // One of two with edema has pneumonia; the one with pneumonia has edema.
    expect(svg).toContain("of Pneumonia 100 % have Edema, of Edema 50 % have Pneumonia");
    const numbers = [...svg.matchAll(/<text[^>]*font-size="9px"[^>]*>([^<]*)<\/text>/g)].map(([, n]) => n);
    expect(numbers.sort()).toEqual(["100", "50"]);
  });

  it("leaves empty what a set cannot state, and gives 0 for what it could state", async () => {
    const edema = tallyLabels([labelRow({ Edema: 1, Fracture: 0 })]);
    const numbers = (await coOccurrenceChart("Together", [coOccurrence("one", edema)])).toString();
    expect([...numbers.matchAll(/font-size="9px"[^>]*>([^<]*)</g)].map(([, n]) => n)).toEqual(["0"]);
  });

  it("draws a square for each set", async () => {
    const names = ["source", "cohort", "tests"];
    const chart = await coOccurrenceChart(
      "Together",
      names.map((name) => coOccurrence(name, source)),
    );
    expect(chart.toString().match(/font-size="9px"/g)).toHaveLength(6);
    for (const name of names) expect(chart.toString()).toContain(`>${name}</text>`);
  });
});

describe("standaloneSvg", () => {
  it("is one SVG with its colours written out, in light ones on a ground of its own", async () => {
    const svg = standaloneSvg(await labelSharesChart("How common", [labelShares("source", source)]));
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]*><rect [^>]*fill="#ffffff"/);
    expect(svg).not.toContain("var(");
    expect(svg).toContain("#1f5fa8");
    expect(svg).not.toContain("#7db4ef");
  });

  it("shows in a viewer that knows no style sheets", async () => {
    const svg = standaloneSvg(await labelSharesChart("How common", [labelShares("source", source)]));
    const { data } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    let blue = 0;
    for (let at = 0; at < data.length; at += 3)
      if (data[at] === 0x1f && data[at + 1] === 0x5f && data[at + 2] === 0xa8) blue += 1;
    expect(blue).toBeGreaterThan(500);
  });
});
