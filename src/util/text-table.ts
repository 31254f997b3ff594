/**
 * Rows as lines with aligned columns, for a terminal: two blanks between columns, numbers (and what begins with one) to
 * the right. Characters that could move a terminal's cursor become "?". Not covered: characters wider than one cell.
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => String(cell).replace(/\p{Cc}/gu, "?")));
  const right = head.map((_, at) => rows.length > 0 && rows.every((row) => isNumeric(row[at])));
  const widths = head.map((name, at) => Math.max(name.length, ...cells.map((row) => (row[at] ?? "").length)));
  return [head, ...cells].map((row) =>
    widths
      .map((width, at) => (right[at] ? (row[at] ?? "").padStart(width) : (row[at] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd(),
  );
}

function isNumeric(cell: string | number | undefined): boolean {
  return typeof cell === "number" || cell === "" || (cell !== undefined && /^[\d.,]+( ?%)?$/.test(cell));
}
