import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS, type LabelValue, labelRow } from "../labels/label.ts";
import { readNihFindings } from "../labels/nih.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readHospital } from "./read-hospital.ts";
import type { HospitalTable } from "./record.ts";
import { writeTable } from "./table-file.ts";
import {
  CASE_ROWS,
  type CaseTable,
  LISTING_CASES,
  READER_CASES,
  type ReaderCase,
  tableText,
  type Writing,
} from "./testing/reader-cases.ts";
import { MIRROR_COLUMNS, type MirrorRow, writeMirror } from "./testing/write-mirror.ts";

const folder = scratchFolder();
const RUNS = { numRuns: 15 };
let roots = 0;

type Write = (table: CaseTable, name: string) => string | Uint8Array;
const plain: Write = (table) => tableText(table);

/** A release with the given rows in the labelled table, in a folder of its own. */
async function release(
  { tables, labelled, images }: ReaderCase,
  rows: CaseTable["rows"],
  write = plain,
): Promise<string> {
  const root = path.join(folder, String(roots++));
  await mkdir(root);
  for (const [name, table] of Object.entries(tables)) {
    const filled = name === labelled ? { ...table, rows } : table;
    await writeFile(path.join(root, name), write(filled, name));
  }
  for (const image of images) {
    await mkdir(path.dirname(path.join(root, image)), { recursive: true });
    await writeFile(path.join(root, image), "");
  }
  return root;
}

/** What a reader makes of it, also where that is nothing at all. */
async function read(
  reader: ReaderCase,
  rows: CaseTable["rows"],
  write?: Write,
): Promise<HospitalTable | string> {
  const root = await release(reader, rows, write);
  try {
    return await readHospital(reader.source(root));
  } catch (error) {
    return String(error).replaceAll(root, "ROOT");
  } finally {
    await rm(root, { recursive: true });
  }
}

const cell = fc.constantFrom("1.0", "1", "0.0", "0", "-1.0", "-1", "");
const labelCells = fc.tuple(...LABELS.map(() => cell)).map((cells) => named(cells));
const named = (cells: readonly string[]): Record<string, string> =>
  Object.fromEntries(LABELS.map((label, at) => [label, cells[at] ?? ""]));
/** Some rows of a case, each once, with any labels. */
const cellRows = (reader: ReaderCase) =>
  fc
    .tuple(
      fc.subarray([...Array(CASE_ROWS).keys()], { minLength: 1 }),
      fc.array(labelCells, { minLength: CASE_ROWS, maxLength: CASE_ROWS }),
    )
    .map(([chosen, cells]) => chosen.map((n, at) => ({ n, cells: { ...reader.row(n), ...cells[at] } })));

const writing = (columns: readonly string[]): fc.Arbitrary<Writing> =>
  fc.record({
    columns: fc.shuffledSubarray([...columns, "Extra", "Also, this"], { minLength: columns.length + 2 }),
    mark: fc.boolean(),
    crlf: fc.boolean(),
    quoteAll: fc.boolean(),
    lastBreak: fc.boolean(),
  });

describe.each(READER_CASES)("$name", (reader) => {
  it("reads 1, 0, -1 and blank of every label, and sets a row of blanks aside", async () => {
    await fc.assert(
      fc.asyncProperty(cellRows(reader), async (rows) => {
        const said = rows.map(({ n, cells }) => {
          const values = LABELS.map((label): LabelValue => {
            const text = cells[label as keyof typeof cells] ?? "";
            return text === "" ? null : (Number(text) as LabelValue);
          });
          return { n, labels: labelRow(Object.fromEntries(LABELS.map((label, at) => [label, values[at]]))) };
        });
        const wanted = said.filter(({ labels }) => LABELS.some((label) => labels[label] !== null));
        const table = await read(
          reader,
          rows.map(({ cells }) => cells),
        );
        if (typeof table === "string")
          return expect([wanted, table]).toEqual([[], expect.stringMatching(/none of/)]);
        expect(table.records.map(({ image, labels }) => ({ image, labels }))).toEqual(
          wanted.map(({ n, labels }) => ({ image: reader.image(n), labels })),
        );
        expect(table.excluded.filter(({ detail }) => detail === "all 14 labels are blank")).toHaveLength(
          said.length - wanted.length,
        );
        expect(table.records.length + table.excluded.length).toBe(table.sourceRows);
      }),
      RUNS,
    );
  });
});

const positive = named(LABELS.map((label) => (label === "Edema" ? "1.0" : "")));
const listed = (reader: (typeof LISTING_CASES)[number], n: number) => ({
  ...reader.row(n),
  [reader.column]: "Edema|Pneumonia",
});
const ALL: readonly (readonly [ReaderCase, (n: number) => Record<string, string>])[] = [
  ...READER_CASES.map((reader) => [reader, (n: number) => ({ ...reader.row(n), ...positive })] as const),
  ...LISTING_CASES.map((reader) => [reader, (n: number) => listed(reader, n)] as const),
];

describe.each(ALL)("$0.name", (reader, row) => {
  const rows = Array.from({ length: CASE_ROWS }, (_, n) => row(n));

  it("says the same however its tables are written: columns in any order and more of them, a mark, CRLF, quotes, gzip", async () => {
    const wanted = await read(reader, rows);
    if (typeof wanted === "string") throw new Error(wanted);
    expect(wanted.records).toHaveLength(CASE_ROWS);
    const writings = fc.record(
      Object.fromEntries(
        Object.entries(reader.tables).map(([name, { columns }]) => [name, writing(columns)]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(writings, fc.boolean(), async (how, gzip) => {
        const table = await read(reader, rows, (content, name) => {
          const text = tableText(content, how[name]);
          return gzip ? gzipSync(text) : text;
        });
        expect(table).toEqual(wanted);
      }),
      RUNS,
    );
  });

  it("keeps the first of rows that come again, and accounts for the others", async () => {
    const wanted = await read(reader, rows);
    if (typeof wanted === "string") throw new Error(wanted);
    const again = fc.array(fc.integer({ min: 0, max: CASE_ROWS - 1 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(again, async (repeated) => {
        const table = await read(reader, [...rows, ...repeated.map((n) => row(n))]);
        if (typeof table === "string") throw new Error(table);
        expect(table.records).toEqual(wanted.records);
        expect(table.records.length + table.excluded.length).toBe(table.sourceRows);
        // MIMIC's rows are images: a study that is listed again, saying the same, adds none.
        const added = reader.name.startsWith("MIMIC") ? 0 : repeated.length;
        expect(table.excluded.filter(({ reason }) => reason === "duplicate row")).toHaveLength(added);
      }),
      RUNS,
    );
  });

  it("gives the same bytes for the same files", async () => {
    const bytes = await Promise.all(
      [1, 2].map(async (copy) => {
        const root = await release(reader, rows);
        const { records } = await readHospital(reader.source(root));
        const file = path.join(root, `${copy}.parquet`);
        await writeTable(file, records);
        return readFile(file);
      }),
    );
    expect(bytes[0]?.equals(bytes[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("never names a file outside its root", async () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "a",
      "patient1",
      "study1",
      "view1_frontal.jpg",
      "x.png",
      "/",
      "\\",
      "C:",
    );
    const [naming] = Object.keys(row(0)).filter((column) =>
      /^(Path|Study|Image Index|image|study_id)$/.test(column),
    );
    if (naming === undefined) throw new Error("no column names the image");
    const named = row(1)[naming] ?? "";
    const climb = fc.array(fc.constantFrom("..", ".", "a", "CheXpert-v1.0"), { minLength: 1, maxLength: 4 });
    const anyPath = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/")),
      // Leaves the root and then looks like a name that the reader knows.
      climb.map((parts) => `${parts.join("/")}/${named.replace(/^CheXpert-v1.0\//, "")}`),
    );
    await fc.assert(
      fc.asyncProperty(anyPath, async (text) => {
        const table = await read(reader, [row(0), { ...row(1), [naming]: text }]);
        if (typeof table === "string") throw new Error(table);
        for (const { image } of table.records) {
          expect(path.posix.isAbsolute(image)).toBe(false);
          expect(path.posix.normalize(image)).toBe(image);
          expect(image.split("/")).not.toContain("..");
        }
      }),
      { numRuns: 40 },
    );
  });

  it("does not hang on links that lead back to themselves", async () => {
    const root = await release(reader, rows);
    const loops = new Set([0, 1].map((n) => path.dirname(path.join(root, reader.image(n)))));
    for (const loop of loops) {
      await rm(loop, { recursive: true, force: true });
      await mkdir(path.dirname(loop), { recursive: true });
      await symlink(path.basename(loop), loop);
    }
    // A folder that holds itself, beside it.
    await symlink(".", path.join(root, "images_001"));
    const source = { ...reader.source(root), images: "decode" } as const;
    await expect(readHospital(source)).rejects.toThrow(
      /none of \d+ rows can be used: .*(missing file|unreadable image) \d/,
    );
  });
});

describe("NIH", () => {
  it("reads any list of findings as the convention does", async () => {
    const [reader] = LISTING_CASES;
    if (reader === undefined) throw new Error("no case");
    const finding = fc.constantFrom(
      "No Finding",
      "Mass",
      "Hernia",
      "Effusion",
      "Edema",
      "Scoliosis",
      " Nodule ",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(finding, { maxLength: 4 }), async (findings) => {
        const rows = [
          { ...reader.row(0), "Finding Labels": "Edema" },
          { ...reader.row(1), "Finding Labels": findings.join("|") },
        ];
        const table = await read(reader, rows);
        if (typeof table === "string") throw new Error(table);
        const reading = readNihFindings(findings.map((name) => name.trim()));
        const labels = table.records[1]?.labels;
        if (findings.length === 0) expect(table.excluded[0]?.reason).toBe("no label");
        else if (reading.kind === "unknown") expect(table.excluded[0]?.detail).toBe(reading.finding);
        else expect(labels).toEqual(reading.row);
      }),
      RUNS,
    );
  });
});

describe("NIH's Parquet mirror", () => {
  it("says the same whatever the order of its columns, with others between them", async () => {
    const rows: MirrorRow[] = [
      { bytes: null, path: "00000001_000.png", findings: ["Edema", "Mass"], patient: 1 },
      { bytes: null, path: null, findings: ["No Finding"], patient: 2 },
      { bytes: null, path: null, findings: ["Unheard of"], patient: 2 },
    ];
    const tables: HospitalTable[] = [];
    const orders = fc.shuffledSubarray([...MIRROR_COLUMNS, "Extra"], {
      minLength: MIRROR_COLUMNS.length + 1,
    });
    await fc.assert(
      fc.asyncProperty(orders, async (columns) => {
        const root = path.join(folder, String(roots++));
        await writeMirror(path.join(root, "data/train-00000-of-00001.parquet"), rows, columns);
        tables.push(await readHospital({ kind: "nih", root, site: "nih", images: "unchecked" }));
        expect(tables.at(-1)).toEqual(tables[0]);
      }),
      { numRuns: 5 },
    );
    expect(tables[0]?.records).toHaveLength(2);
  });
});
