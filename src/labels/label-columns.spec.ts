import { describe, expect, it } from "vitest";
import { labelRow } from "./label.ts";
import { labelColumnReader } from "./label-columns.ts";

function read(cells: Record<string, string>) {
  return labelColumnReader((column) => column in cells)((column) => cells[column] ?? "");
}

describe("labelColumnReader", () => {
  it("reads 1, 0, -1 and blank with and without decimals", () => {
    const cells = { Edema: "1.0", Fracture: "0", Pneumonia: "-1.0", Atelectasis: "", Pneumothorax: "-1" };
    expect(read(cells)).toEqual({
      kind: "row",
      row: labelRow({ Edema: 1, Fracture: 0, Pneumonia: -1, Pneumothorax: -1 }),
    });
  });

  it("knows Lung Opacity by the name of MIMIC's later test set", () => {
    expect(read({ "Airspace Opacity": "1" })).toEqual({ kind: "row", row: labelRow({ "Lung Opacity": 1 }) });
  });

  it.each(["2", "yes", "1.5", "01", "NaN"])("refuses %s", (text) => {
    expect(read({ Edema: "1", Fracture: text })).toEqual({ kind: "malformed", label: "Fracture", text });
  });

  it("gives rows that differ different labels, though rows that agree share one", () => {
    const reader = labelColumnReader((column) => ["Edema", "Fracture"].includes(column));
    const one = reader((column) => (column === "Edema" ? "1" : ""));
    const other = reader((column) => (column === "Edema" ? "" : "1"));
    expect(one).toEqual({ kind: "row", row: labelRow({ Edema: 1 }) });
    expect(other).toEqual({ kind: "row", row: labelRow({ Fracture: 1 }) });
    expect(reader((column) => (column === "Edema" ? "1" : ""))).toBe(one);
  });
});
