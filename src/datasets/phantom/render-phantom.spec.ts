import { describe, expect, it } from "vitest";
import { randomStream } from "../../util/random.ts";
import { type Anatomy, drawAnatomy } from "./anatomy.ts";
import { SHORTCUT_KINDS } from "./exposure.ts";
import { FINDING_LABELS, type Finding, type FindingLabel } from "./finding.ts";
import { type PhantomSpec, renderPhantom } from "./render-phantom.ts";

const SIZE = 112;

function spec(anatomy: Anatomy, findings: readonly Finding[] = []): PhantomSpec {
  return {
    anatomy,
    posture: { view: "PA", breath: 0.8 },
    findings,
    exposure: {
      pose: { dx: 0, dy: 0, scale: 1, turn: 0 },
      brightness: 0,
      contrast: 1,
      noise: 0,
      noiseSeed: 3,
      blur: 0.3,
      collimation: { left: 0, top: 0, right: 0, bottom: 0 },
      markers: [],
    },
    shortcut: null,
  };
}

const anatomy = (seed: number) => drawAnatomy(randomStream(seed, "anatomy"));
const finding = (label: FindingLabel, severity: number, side: "left" | "right" = "left"): Finding => ({
  label,
  severity,
  side,
  across: 0.4,
  down: 0.45,
  seed: 77,
});

/** Mean absolute difference in grey levels of 0 to 255, over the columns given as shares. */
function difference(a: PhantomSpec, b: PhantomSpec, from = 0, to = 1): number {
  const [x, y] = [renderPhantom(a, SIZE).data, renderPhantom(b, SIZE).data];
  let sum = 0;
  let count = 0;
  for (let i = 0; i < x.length; i++) {
    const column = (i % SIZE) / SIZE;
    if (column < from || column >= to) continue;
    sum += Math.abs((x[i] ?? 0) - (y[i] ?? 0));
    count += 1;
  }
  return sum / count;
}

/** Pixels that differ by ten grey levels or more, which an eye sees. */
function plainPixels(a: PhantomSpec, b: PhantomSpec): number {
  const [x, y] = [renderPhantom(a, SIZE).data, renderPhantom(b, SIZE).data];
  return x.filter((value, i) => Math.abs(value - (y[i] ?? 0)) >= 10).length;
}

describe("renderPhantom", () => {
  it("gives the same bytes for the same spec, at any size", () => {
    const one = spec(
      anatomy(1),
      FINDING_LABELS.map((label) => finding(label, 0.7)),
    );
    for (const size of [64, 112, 224]) {
      const first = renderPhantom(one, size);
      expect(first.data.length).toBe(size * size);
      expect(renderPhantom(structuredClone(one), size).data).toEqual(first.data);
    }
  });

  it.each(FINDING_LABELS)("%s changes the picture, more so when plain than when faint", (label) => {
    for (const seed of [1, 2, 3]) {
      const without = spec(anatomy(seed));
      const faint = difference(without, spec(anatomy(seed), [finding(label, 0.15)]));
      const plain = difference(without, spec(anatomy(seed), [finding(label, 1)]));
      expect(faint).toBeGreaterThan(0);
      expect(plain).toBeGreaterThan(faint * 1.2);
      expect(plainPixels(without, spec(anatomy(seed), [finding(label, 1)]))).toBeGreaterThan(40);
    }
  });

  it.each([
    "Lung Opacity",
    "Consolidation",
    "Pneumonia",
    "Pneumothorax",
    "Pleural Effusion",
    "Fracture",
  ] as const)("%s of the left lung lies on the right of the picture, and nowhere else", (label) => {
    const without = spec(anatomy(4));
    const left = spec(anatomy(4), [finding(label, 1, "left")]);
    expect(difference(without, left, 0.5, 1)).toBeGreaterThan(0.3);
    expect(difference(without, left, 0, 0.42)).toBe(0);
  });

  it("does not depend on the order of findings", () => {
    const findings = FINDING_LABELS.map((label) => finding(label, 0.6));
    expect(difference(spec(anatomy(5), findings), spec(anatomy(5), [...findings].reverse()))).toBe(0);
  });

  it("draws each planted mark, and with none nothing", () => {
    const plain = spec(anatomy(6));
    for (const kind of SHORTCUT_KINDS)
      expect(difference(plain, { ...plain, shortcut: kind })).toBeGreaterThan(0.05);
  });

  it("has grain of the asked deviation", () => {
    const clean = spec(anatomy(7));
    const grainy = { ...clean, exposure: { ...clean.exposure, noise: 0.02 } };
    const [x, y] = [renderPhantom(clean, SIZE).data, renderPhantom(grainy, SIZE).data];
    const inside = Array.from(x.keys()).filter((i) => (x[i] ?? 0) > 30 && (x[i] ?? 0) < 225);
    const squares = inside.map((i) => ((x[i] ?? 0) - (y[i] ?? 0)) ** 2);
    const deviation = Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length) / 255;
    expect(deviation).toBeGreaterThan(0.019);
    expect(deviation).toBeLessThan(0.021);
  });
});
