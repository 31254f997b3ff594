import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeRowUpward, closeUpward, PARENTS } from "./hierarchy.ts";
import { LABELS, type LabelRow, type LabelValue, labelRow } from "./label.ts";
import { labelColumnReader, readLabelValue } from "./label-columns.ts";
import { NIH_MAPPING, nihStated, readNihFindings } from "./nih.ts";
import { applyPolicy, type LabelPolicy, positiveLabels, truthRow } from "./policy.ts";

/** Every conversion of labels, over everything that it may be given: total (no input throws) and pure. */

const VALUES = [1, 0, -1, null] as const;
const anyRow: fc.Arbitrary<LabelRow> = fc
  .tuple(...LABELS.map(() => fc.constantFrom<LabelValue>(...VALUES)))
  .map((values) =>
    Object.freeze(labelRow(Object.fromEntries(LABELS.map((label, at) => [label, values[at]])))),
  );
const policy: fc.Arbitrary<LabelPolicy> = fc.record({
  uncertain: fc.constantFrom("zeros", "ones", "ignore"),
  blank: fc.constantFrom("zero", "ignore"),
});
const stated = fc.subarray([...LABELS]);
const options = fc.record({ wider: fc.boolean(), fibrosisAsPleuralOther: fc.boolean() });

describe("policies", () => {
  it("keep what is stated, decide only what is not, and give the same again", () => {
    fc.assert(
      fc.property(anyRow, policy, stated, (row, how, labels) => {
        const truth = truthRow(row, how, labels);
        expect(truthRow(row, how, labels)).toEqual(truth);
        for (const label of LABELS) {
          const value = row[label];
          if (!labels.includes(label)) expect(truth[label]).toBeNull();
          else if (value === 1 || value === 0) expect(truth[label]).toBe(value);
          else expect(truth[label]).toBe(applyPolicy(value, how));
        }
        expect(positiveLabels(row, how)).toEqual(LABELS.filter((label) => truthRow(row, how)[label] === 1));
      }),
    );
  });

  it("order: what U-Zeros calls positive, U-Ones does too; U-Ignore changes no stated value", () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const read = (uncertain: LabelPolicy["uncertain"]) =>
          positiveLabels(row, { uncertain, blank: "zero" });
        expect(read("ones")).toEqual(expect.arrayContaining(read("zeros")));
        expect(read("ignore")).toEqual(read("zeros"));
      }),
    );
  });

  it("closing upward after a policy is closing the positive labels", () => {
    fc.assert(
      fc.property(anyRow, policy, (row, how) => {
        const closed = closeUpward(positiveLabels(row, how));
        for (const label of closed) {
          const parent = PARENTS[label];
          if (parent !== undefined) expect(closed).toContain(parent);
        }
        // U-Zeros never makes a child positive, so the order of the two steps does not matter.
        const zeros = { ...how, uncertain: "zeros" } as const;
        expect(positiveLabels(closeRowUpward(row), zeros)).toEqual(closeUpward(positiveLabels(row, zeros)));
      }),
    );
  });
});

describe("cells", () => {
  it("of any text are a value or undefined, and only the written forms of a value are one", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = readLabelValue(text);
        const forms = new Set(["", "1", "1.0", "0", "0.0", "-1", "-1.0"]);
        expect(value === undefined).toBe(!forms.has(text));
        if (value !== undefined && value !== null) expect(Number(text)).toBe(value);
      }),
    );
  });

  it("a row of label columns, written in either form, is read back", () => {
    fc.assert(
      fc.property(anyRow, fc.boolean(), stated, (row, decimals, columns) => {
        const cells = new Map<string, string>(
          columns.map((label) => {
            const value = row[label];
            return [label, value === null ? "" : decimals ? value.toFixed(1) : String(value)];
          }),
        );
        const reading = labelColumnReader((column) => cells.has(column))((column) => cells.get(column) ?? "");
        const expected = LABELS.map((label) => [label, columns.includes(label) ? row[label] : null]);
        expect(reading).toEqual({ kind: "row", row: Object.fromEntries(expected) });
      }),
    );
  });
});

describe("NIH's findings", () => {
  const known = NIH_MAPPING.map(({ finding }) => finding);

  it("in any order and number mean the same; No Finding never stands beside a finding", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...known)), options, (findings, how) => {
        const listed = Object.freeze([...findings]);
        const reading = readNihFindings(listed, how);
        expect(reading).toEqual(readNihFindings([...new Set(findings)].reverse(), how));
        if (reading.kind !== "row") throw new Error("a known finding was not read");
        for (const label of LABELS) {
          expect(reading.row[label]).toBeOneOf(nihStated(how).includes(label) ? [0, 1] : [null]);
        }
        const others = findings.some((finding) => finding !== "No Finding");
        expect(reading.row["No Finding"]).toBe(!others && findings.length > 0 ? 1 : 0);
      }),
    );
  });

  it("of any texts are a row, or the first that is not NIH's", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...known))), options, (texts, how) => {
        const unknown = texts.find((text) => !known.includes(text));
        const reading = readNihFindings(texts, how);
        if (unknown === undefined) expect(reading.kind).toBe("row");
        else expect(reading).toEqual({ kind: "unknown", finding: unknown });
      }),
    );
  });
});
