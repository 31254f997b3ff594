import { expect, it } from "vitest";
import type { NamedCauses } from "./name-causes.ts";
import { share, summariseWorlds, type WorldResult } from "./summarise-worlds.ts";

const NOTHING: NamedCauses = { marks: [], style: [], view: [], convention: "not named" };
const world = (index: number, named: NamedCauses): WorldResult => ({
  kind: "mark strong",
  index,
  mark: { kind: "corner", label: "Fracture" },
  named,
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
    world(0, { ...NOTHING, marks: [{ kind: "corner", label: "Fracture" }] }),
    world(1, {
      ...NOTHING,
      marks: [
        { kind: "corner", label: "Edema" },
        { kind: "border", label: "Edema" },
      ],
    }),
    world(2, { ...NOTHING, style: ["Edema"] }),
    world(3, NOTHING),
  ]);
  expect(rows.map(({ planted }) => planted)).toEqual(["mark strong", "mark strong: corner"]);
  const counts = Object.entries(rows[0]?.named ?? {}).map(([column, { count }]) => [column, count]);
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
