import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathInRoot } from "./path-in-root.ts";

describe("pathInRoot", () => {
  it.each([
    ["a/b.png", "a/b.png"],
    ["./a//b.png", "a/b.png"],
    ["a/../b.png", "b.png"],
    ["a\\b.png", "a/b.png"],
    ["..a/b..png", "..a/b..png"],
    ["../b.png", null],
    ["a/../../b.png", null],
    ["a\\..\\..\\b.png", null],
    ["/etc/passwd", null],
    ["\\\\host\\share", null],
    ["C:\\b.png", null],
    ["a\0.png", null],
    ["", null],
    [".", null],
    ["a/..", null],
  ])("makes %j %j", (text, safe) => {
    expect(pathInRoot(text)).toBe(safe);
  });

  it("never leaves the root", () => {
    const part = fc.constantFrom("..", ".", "", "a", "b c", "/", "\\", "...", "a..");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom("/", "\\"), (parts, slash) => {
        const safe = pathInRoot(parts.join(slash));
        if (safe === null) return;
        const resolved = path.posix.resolve("/data/root", safe);
        expect(resolved.startsWith("/data/root/")).toBe(true);
        expect(path.posix.relative("/data/root", resolved)).toBe(safe);
      }),
    );
  });
});
