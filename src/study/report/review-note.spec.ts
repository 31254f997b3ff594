import { describe, expect, it } from "vitest";
import { reviewNote } from "./review-note.ts";

describe("reviewNote", () => {
  it("says that nobody has reviewed the traces", () => {
    const nobody = "Nobody has reviewed the teacher's traces.";
    expect(reviewNote(undefined)).toBe(nobody);
    expect(reviewNote({ traces: 9, reviewed: 0, readers: 0, edited: 0, rejected: 0 })).toBe(nobody);
  });

  it("says how many were, by how many, and what is unread", () => {
    expect(reviewNote({ traces: 2000, reviewed: 100, readers: 2, edited: 7, rejected: 3 })).toBe(
      "Of the teacher's 2,000 traces, 100 were reviewed, by 2 readers: 7 edited, 3 rejected. " +
        "Nobody has reviewed the other 1900.",
    );
    expect(reviewNote({ traces: 1, reviewed: 1, readers: 1, edited: 0, rejected: 0 })).toBe(
      "Of the teacher's 1 trace, 1 was reviewed, by 1 reader: 0 edited, 0 rejected. No trace is unread.",
    );
  });
});
