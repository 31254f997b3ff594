import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { type BalancedRequest, type Candidate, sampleGoals } from "./balanced-sample.ts";
import { type Reserve, replaceLost } from "./replacements.ts";

interface Named extends Candidate {
  readonly id: string;
}
const named = (id: string, ...labels: Label[]): Named => ({ id, labels });
const request: BalancedRequest = {
  count: 4,
  floorShare: 0.25,
  floorLabels: ["Fracture", "Pneumonia"],
  name: "sft",
};
const balanced = (kept: readonly Named[], candidates: readonly Named[]): Reserve<Named> => ({
  kind: "balanced",
  request,
  candidates,
  goals: sampleGoals([...kept, ...candidates], request),
});
const idsOf = (found: readonly (Named | null)[]) => found.map((each) => each?.id ?? null);
const any = (): boolean => true;

describe("replaceLost", () => {
  it("goes on in the order of a random draw, and tries nobody twice", () => {
    const reserve = { kind: "in order", candidates: [named("a"), named("b"), named("c")] } as const;
    const tried: string[] = [];
    const found = replaceLost([named("x"), named("y"), named("z")], [], reserve, ({ id }) => {
      tried.push(id);
      return id !== "a";
    });
    expect(idsOf(found)).toEqual(["b", "c", null]);
    expect(tried).toEqual(["a", "b", "c"]);
  });

  it("takes the next of exactly the same labels first", () => {
    const kept = [named("k1", "Fracture"), named("k2", "Edema")];
    const candidates = [
      named("c1", "Fracture", "Edema"),
      named("c2", "Pneumonia"),
      named("c3", "Edema"),
      named("c4", "Edema"),
    ];
    const lost = [named("l1", "Edema"), named("l2", "Pneumonia")];
    expect(idsOf(replaceLost(lost, kept, balanced(kept, candidates), any))).toEqual(["c3", "c2"]);
  });

  it("falls back to the label set that covers most of the missing floors", () => {
    const kept = [named("k1", "Edema"), named("k2", "Edema"), named("k3", "Edema")];
    const candidates = [
      named("c1", "Fracture"),
      named("c2", "Pneumonia"),
      named("c3", "Edema", "Fracture", "Pneumonia"),
    ];
    const lost = [named("l", "Fracture", "Pneumonia")];
    expect(idsOf(replaceLost(lost, kept, balanced(kept, candidates), any))).toEqual(["c3"]);
  });

  it("of label sets that cover as many, takes the one the sampler's formula puts first", () => {
    const kept = [named("k1", "Edema"), named("k2", "Fracture"), named("k3", "Pneumonia")];
    const candidates = [named("c1", "Edema"), named("c2", "Atelectasis")];
    const goals = {
      floor: sampleGoals(kept, { ...request, floorLabels: [] }).floor,
      // Edema has its target; Atelectasis is short of it by one.
      target: Object.fromEntries(LABELS.map((label) => [label, 1])) as Record<Label, number>,
    };
    const reserve = { kind: "balanced", request, candidates, goals } as const;
    expect(idsOf(replaceLost([named("l", "Consolidation")], kept, reserve, any))).toEqual(["c2"]);
  });

  it("refuses a set whose floor cannot be reached any more", () => {
    const kept = [named("k1", "Edema"), named("k2", "Edema"), named("k3", "Pneumonia")];
    const reserve = balanced([...kept, named("l", "Fracture")], [named("c", "Edema")]);
    expect(() => replaceLost([named("l", "Fracture")], kept, reserve, any)).toThrow(
      /Fracture reached 0 of the 1 images/,
    );
  });

  it("gives null when there is nobody left", () => {
    const kept = [named("k1", "Fracture"), named("k2", "Pneumonia")];
    const reserve = balanced([...kept, named("l", "Edema")], []);
    const lost = [named("l", "Edema"), named("l2", "Edema")];
    expect(idsOf(replaceLost(lost, kept, reserve, any))).toEqual([null, null]);
  });
});
