import { describe, expect, it } from "vitest";
import { Shortcut } from "./gen/engine_pb.ts";
import { SHORTCUTS, toShortcut } from "./shortcuts.ts";

describe("SHORTCUTS", () => {
  it("names every shortcut of the contract, as the contract names it", () => {
    const names = SHORTCUTS.map((name) => Shortcut[toShortcut(name)]);
    expect(names).toEqual(SHORTCUTS.map((name) => name.toUpperCase().replaceAll("-", "_")));
    const all = Object.values(Shortcut).filter((name) => typeof name === "string" && name !== "UNSPECIFIED");
    expect([...names].sort()).toEqual([...all].sort());
  });
});
