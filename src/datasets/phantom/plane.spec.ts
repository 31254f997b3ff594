import { describe, expect, it } from "vitest";
import { smoothNoise } from "./fast-random.ts";
import { curve, drawPolyline, drawSegment, plane, smoothstep } from "./plane.ts";

const SIZE = 100;
const at = (target: ReturnType<typeof plane>, x: number, y: number): number =>
  target.data[Math.floor(y * SIZE) * SIZE + Math.floor(x * SIZE)] ?? Number.NaN;

describe("strokes", () => {
  it("fill their width, end round, and leave the rest alone", () => {
    const target = plane(SIZE);
    drawSegment(target, { x: 0.2, y: 0.5 }, { x: 0.8, y: 0.5 }, { radius: 0.05, value: 2, soft: 0.01 });
    expect(at(target, 0.5, 0.5)).toBe(2);
    expect(at(target, 0.5, 0.53)).toBe(2);
    expect(at(target, 0.5, 0.56)).toBe(0);
    expect(at(target, 0.165, 0.5)).toBe(2);
    expect(at(target, 0.165, 0.54)).toBe(0);
    expect(at(target, 0.1, 0.5)).toBe(0);
  });

  it("count a joint once, unless told to add", () => {
    const once = plane(SIZE);
    drawPolyline(
      once,
      [
        { x: 0.2, y: 0.5 },
        { x: 0.5, y: 0.5 },
        { x: 0.8, y: 0.5 },
      ],
      { radius: 0.05, value: 1 },
    );
    expect(at(once, 0.5, 0.5)).toBe(1);
    const twice = plane(SIZE);
    for (const _ of [1, 2]) {
      drawSegment(twice, { x: 0.2, y: 0.5 }, { x: 0.8, y: 0.5 }, { radius: 0.05, value: 1, blend: "add" });
    }
    expect(at(twice, 0.5, 0.5)).toBe(2);
  });

  it("taper from one radius to the other", () => {
    const target = plane(SIZE);
    drawSegment(target, { x: 0.1, y: 0.5 }, { x: 0.9, y: 0.5 }, { radius: 0.1, endRadius: 0.02, value: 1 });
    expect(at(target, 0.12, 0.58)).toBe(1);
    expect(at(target, 0.88, 0.58)).toBe(0);
  });
});

describe("curve", () => {
  it("begins and ends at its ends and passes halfway to its control", () => {
    const points = curve({ x: 0, y: 0 }, { x: 0.5, y: 1 }, { x: 1, y: 0 }, 2);
    expect(points).toEqual([
      { x: 0, y: 0 },
      { x: 0.5, y: 0.5 },
      { x: 1, y: 0 },
    ]);
  });
});

describe("smoothstep and smoothNoise", () => {
  it("rise from 0 to 1, also when asked downwards", () => {
    expect([0, 1, 1.5, 2, 3].map((v) => smoothstep(1, 2, v))).toEqual([0, 0, 0.5, 1, 1]);
    expect([0, 1, 1.5, 2, 3].map((v) => smoothstep(2, 1, v))).toEqual([1, 1, 0.5, 0, 0]);
  });

  it("stay in [0, 1], repeat for a seed, and are continuous", () => {
    const noise = smoothNoise(5, 8);
    const again = smoothNoise(5, 8);
    for (let i = 0; i <= 500; i++) {
      const [x, y] = [i / 500, (i * 0.37) % 1];
      expect(noise(x, y)).toBe(again(x, y));
      expect(noise(x, y)).toBeGreaterThanOrEqual(0);
      expect(noise(x, y)).toBeLessThanOrEqual(1);
      expect(Math.abs(noise(x, y) - noise(x + 1e-5, y))).toBeLessThan(1e-3);
    }
    expect(noise(1, 1)).toBeCloseTo(again(1 - 1e-9, 1), 3);
  });
});
