import { describe, expect, it } from "vitest";
import { labelRow } from "../../labels/label.ts";
import { traceCompletion } from "../trace.ts";
import { applyReviews } from "./apply-reviews.ts";
import { checkReviews } from "./check-reviews.ts";
import { edemaTraces, exampleReview, exampleTraces } from "./testing/example-reviews.ts";
import { traceHash } from "./trace-hash.ts";

const traces = await edemaTraces(3);
const [t0, t1, t2] = traces;
if (t0 === undefined || t1 === undefined || t2 === undefined) throw new Error("no traces");
const text = "<think>Hazy vessels, septal lines.</think><solution>Edema</solution>";
const edit = { decision: "edit", text };
const reject = { decision: "reject", reasons: ["not visible", "unsafe"] };

describe("applyReviews", () => {
  it("leaves traces that nobody has read, and those accepted, as they are", () => {
    expect(applyReviews(traces, [])).toMatchObject({
      traces,
      edited: [],
      setAside: [],
      reviewed: 0,
      readers: [],
    });
    const reviewed = applyReviews(traces, [exampleReview(t1, "ana", 1)]);
    expect(reviewed).toMatchObject({ traces, reviewed: 1, readers: ["ana"], ofOtherTraces: 0 });
  });

  it("puts an edit in its original's place, and keeps both", () => {
    const { traces: kept, edited } = applyReviews(traces, [exampleReview(t1, "ana", 1, edit)]);
    expect(kept.map(({ id }) => id)).toEqual(["t0", "t1", "t2"]);
    expect(kept.map(traceCompletion)).toEqual([traceCompletion(t0), text, traceCompletion(t2)]);
    expect(edited).toEqual([{ original: t1, edit: kept[1], reader: "ana" }]);
    expect({ ...kept[1], messages: null }).toEqual({ ...t1, messages: null });
    expect(kept[1]?.messages[0]).toEqual(t1.messages[0]);
  });

  it("sets a rejected trace aside with its reasons; kept and set aside are all", () => {
    const { traces: kept, setAside } = applyReviews(traces, [exampleReview(t0, "ben", 1, reject)]);
    expect(kept).toEqual([t1, t2]);
    expect(setAside).toEqual([
      {
        id: "t0",
        patient: "patient of t0",
        reason: "rejected in review",
        detail: "ben: not visible, unsafe",
      },
    ]);
  });

  it("goes by each reader's last word, whatever order the lines are in", () => {
    const [first, later] = [exampleReview(t0, "ana", 1, reject), exampleReview(t0, "ana", 2)];
    for (const reviews of [
      [first, later],
      [later, first],
    ])
      expect(applyReviews(traces, reviews).setAside).toEqual([]);
    const sameHour = exampleReview(t0, "ana", 2, reject);
    expect(applyReviews(traces, [later, sameHour]).setAside).toHaveLength(1);
    expect(applyReviews(traces, [sameHour, later]).setAside).toEqual([]);
  });

  it("lets one rejection outweigh an edit, an edit an acceptance, and the latest edit the others", () => {
    const accept = exampleReview(t0, "ana", 9);
    const older = exampleReview(t0, "ben", 1, edit);
    const newer = exampleReview(t0, "cy", 2, { ...edit, text: text.replace("Hazy", "Blurred") });
    for (const reviews of [
      [accept, older, newer],
      [newer, older, accept],
    ]) {
      const { edited } = applyReviews(traces, reviews);
      expect(edited.map(({ reader }) => reader)).toEqual(["cy"]);
    }
    const rejected = applyReviews(traces, [accept, newer, exampleReview(t0, "dee", 1, reject)]);
    expect(rejected).toMatchObject({ edited: [], setAside: [{ id: "t0" }], reviewed: 1 });
    expect(rejected.readers).toEqual(["ana", "cy", "dee"]);
  });

  it("counts reviews of traces that are no more", async () => {
    const [other] = await exampleTraces([labelRow({ Fracture: 1 })]);
    if (other === undefined) throw new Error("no trace");
    const result = applyReviews(traces, [exampleReview(other, "ana", 1, reject)]);
    expect(result).toMatchObject({ traces, setAside: [], reviewed: 0, readers: [], ofOtherTraces: 1 });
  });

  it("refuses an edit that cannot be learnt from", () => {
    const review = exampleReview(t0, "ana", 1, { ...edit, text: "Edema" });
    expect(() => applyReviews(traces, [review])).toThrow(/the edit of t0 by ana does not parse/);
  });
});

describe("checkReviews", () => {
  const check = (...reviews: ReturnType<typeof exampleReview>[]) =>
    checkReviews(
      reviews.map((row, index) => ({ row, where: `line ${index + 1}` })),
      traces,
    );

  it("lets pass what can be applied", () => {
    expect(() => check(exampleReview(t0, "ana", 1, edit), exampleReview(t1, "ana", 1, reject))).not.toThrow();
  });

  it.each([
    ["<think>a</think><solution>Fracture</solution>", /line 2: the edit of t1: labels differ \(given Edema/],
    ["<think>a</think>", /line 2: the edit of t1: does not parse \(no solution block\)/],
    [
      "<think>a</think><solution>Edema, Oedema</solution>",
      /line 2: the edit of t1: unknown or repeated label/,
    ],
  ])("refuses the edit %j in its place", (wrong, message) => {
    expect(() =>
      check(exampleReview(t0, "ana", 1), exampleReview(t1, "ana", 1, { ...edit, text: wrong })),
    ).toThrow(message);
  });

  it("refuses a review of a text that is not among the traces", () => {
    const changed = { ...exampleReview(t0, "ana", 1), trace: "0".repeat(64) };
    expect(() => check(changed)).toThrow(/line 1: there is no trace 000000000000\.\.\./);
  });
});

describe("traceHash", () => {
  it("changes with what a reader judges", () => {
    const [question, answer] = t0.messages;
    const other = { ...answer, content: [{ type: "text" as const, text }] as const };
    const hashes = [
      t0,
      { ...t0, id: "x" },
      { ...t0, site: "x" },
      { ...t0, prompt_hash: "0".repeat(64) },
      { ...t0, messages: [question, { ...answer, content: [...other.content] }] as typeof t0.messages },
    ].map(traceHash);
    expect(new Set(hashes).size).toBe(5);
    expect(traceHash({ ...t0, patient: "x" })).toBe(traceHash(t0));
  });
});
