import { expect, it } from "vitest";
import { answerChanges } from "./answer-changes.ts";
import { learnedChanges, learnedOutcome } from "./learned-changes.ts";
import { switchLines } from "./probe-text.ts";

it("prints what was learned apart from what moved, and nothing where neither is", () => {
  const patients = Array.from({ length: 40 }, (_, index) => `p${index}`);
  const pairs = patients.map((patient, index) => ({
    patient,
    before: [],
    after: [...(index < 30 ? (["Edema"] as const) : []), ...(index < 12 ? (["Fracture"] as const) : [])],
  }));
  const none = patients.map((patient) => ({ patient, before: [], after: [] }));
  const lineOf = (own: typeof pairs) => {
    const learned = learnedChanges(own, none).map((change) => {
      const holm = Math.min(1, 14 * change.test.p);
      return { ...change, holm, outcome: learnedOutcome(change, holm) };
    });
    return switchLines([{ what: "shortcut border", changes: answerChanges(own), excess: null, learned }]).at(
      -1,
    );
  };
  expect(lineOf(pairs)).toMatch(/Edema \+30\/-0 \(moved: Fracture \+12\/-0\)$/);
  expect(lineOf(none)).toMatch(/ nothing$/);
});
