import { describe, expect, it } from "vitest";
import { throughWindow } from "./window.ts";

describe("throughWindow", () => {
  // PS3.3, C.11.2.1.2.1, the note's examples with ymin 0, ymax 255.
  it("LINEAR: center 2048, width 4096 takes 0 to black and 4095 to white", () => {
    const window = { function: "LINEAR", center: 2048, width: 4096 } as const;
    expect([-1, 0, 4095, 4096].map((value) => throughWindow(window, value))).toEqual([0, 0, 255, 255]);
    // (2047 - 2047.5) / 4095 * 255 + 127.5
    expect(throughWindow(window, 2047)).toBeCloseTo(127.5 - 127.5 / 4095, 12);
  });

  it("LINEAR: center 2048, width 1 is a threshold between 2047 and 2048", () => {
    const window = { function: "LINEAR", center: 2048, width: 1 } as const;
    expect([2047, 2047.5, 2048].map((value) => throughWindow(window, value))).toEqual([0, 0, 255]);
  });

  it("LINEAR: center 0, width 100 takes -50 to black and 49 to white", () => {
    const window = { function: "LINEAR", center: 0, width: 100 } as const;
    expect([-50, 49].map((value) => throughWindow(window, value))).toEqual([0, 255]);
    expect(throughWindow(window, -49)).toBeCloseTo(255 / 99, 12);
    expect(throughWindow(window, 48)).toBeCloseTo((98 * 255) / 99, 12);
  });

  it("LINEAR_EXACT: center 2048, width 1 and center 0, width 100", () => {
    const narrow = { function: "LINEAR_EXACT", center: 2048, width: 1 } as const;
    expect([2047.5, 2048, 2048.5, 2049].map((value) => throughWindow(narrow, value))).toEqual([
      0, 127.5, 255, 255,
    ]);
    const wide = { function: "LINEAR_EXACT", center: 0, width: 100 } as const;
    expect([-50, 0, 10, 50].map((value) => throughWindow(wide, value))).toEqual([0, 127.5, 153, 255]);
  });

  it("SIGMOID: a half at the center, 1 / (1 + exp(-4)) a width past it", () => {
    const window = { function: "SIGMOID", center: 100, width: 40 } as const;
    expect(throughWindow(window, 100)).toBe(127.5);
    expect(throughWindow(window, 140)).toBeCloseTo(255 * 0.982013790037908, 10);
    expect(throughWindow(window, 60)).toBeCloseTo(255 * 0.01798620996209156, 10);
  });
});
