import { expect, it } from "vitest";
import { textTable } from "./text-table.ts";

it("aligns text to the left and numbers to the right, and lets nothing move the cursor", () => {
  const lines = textTable(
    ["label", "images", "share", "note"],
    [
      ["Edema", 1200, "9.5 %", "x\u001b[2J"],
      ["No Finding", "7", "10.0 %", ""],
    ],
  );
  expect(lines).toEqual([
    "label       images   share  note",
    "Edema         1200   9.5 %  x?[2J",
    "No Finding       7  10.0 %",
  ]);
  expect(textTable(["a", "b"], [])).toEqual(["a  b"]);
});
