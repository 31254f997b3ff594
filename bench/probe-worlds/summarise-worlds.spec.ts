import { expect, it } from "vitest";
import type { Reaction } from "./name-causes.ts";
import { LEARNT, share, summariseWorlds, type WorldResult } from "./summarise-worlds.ts";

const reaction = (what: string, label: Reaction["label"]): Reaction => ({
  what,
  label,
  patients: 80,
  more: 40,
  less: 2,
  holm: 0.001,
});
const without: WorldResult = {
  kind: "style",
  index: 0,
  mark: null,
  reactions: [],
  conventions: [],
  markGain: null,
  validationLoss: 0.3,
};
const world = (index: number, reactions: readonly Reaction[], markGain = 0): WorldResult => ({
  kind: "border strong",
  index,
  mark: { kind: "border", label: "Fracture" },
  reactions,
  conventions: [],
  markGain,
  validationLoss: 0.3,
});

it("bounds a share by hand-worked tails", () => {
  // None of n: the upper bound is 1 - 0.05^(1/n).
  expect(share(0, 60).high).toBeCloseTo(1 - 0.05 ** (1 / 60), 10);
  expect(share(30, 30).low).toBeCloseTo(0.05 ** (1 / 30), 10);
  expect([share(0, 60).low, share(30, 30).high]).toEqual([0, 1]);
});

it("counts a world under everything that was named of it", () => {
  const rows = summariseWorlds([
    world(0, [reaction("shortcut border", "Fracture")], LEARNT),
    world(1, [reaction("shortcut border", "Edema"), reaction("shortcut device", "Edema")]),
    world(2, [reaction("style", "Edema")]),
    world(3, []),
    without,
  ]);
  expect(rows.map(({ planted, named }) => [planted, named["its mark, its label"]?.worlds])).toEqual([
    ["style", 1],
    ["border strong", 4],
    ["border strong, learnt", 1],
    ["border strong, not learnt", 3],
    ["no shortcut, of any kind", 1],
  ]);
  const counts = Object.entries(rows[1]?.named ?? {}).map(([column, { count }]) => [column, count]);
  expect(counts).toEqual([
    ["its mark, its label", 1],
    ["its mark", 2],
    ["another mark", 1],
    ["style", 1],
    ["view", 0],
    ["convention", 0],
    ["nothing", 1],
  ]);
});
