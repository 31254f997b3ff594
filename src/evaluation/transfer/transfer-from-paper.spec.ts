import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../util/user-error.ts";
import { parsePaperTables, readPaperTables } from "./paper-tables.ts";
import type { Transfer } from "./transfer.ts";
import { transferFromPaper } from "./transfer-from-paper.ts";

const percent = (value: number | null | undefined): number => Math.round((value ?? Number.NaN) * 100);
const thousandths = (value: number | null | undefined): string => (value ?? Number.NaN).toFixed(3);

describe("transferFromPaper on Tables 5 and 6", () => {
  let transfer: Transfer;
  beforeAll(async () => {
    const file = fileURLToPath(new URL("paper-tables.yaml", import.meta.url));
    transfer = transferFromPaper(await readPaperTables(file));
  });
  const row = (model: string) => {
    const found = transfer.pairs[0]?.rows.find((candidate) => candidate.model === model);
    if (found === undefined) throw new Error(`no row ${model}`);
    return found;
  };
  const step = (to: string) => {
    const found = transfer.contrasts.find((contrast) => contrast.to === to);
    if (found === undefined) throw new Error(`no contrast to ${to}`);
    return found;
  };

  it("holds nine labels against nine", () => {
    expect(transfer.pairs[0]).toMatchObject({ home: "CheXpert", away: "NIH" });
    expect(transfer.pairs[0]?.labels.home).toHaveLength(14);
    expect(transfer.pairs[0]?.labels.matched).toHaveLength(9);
  });

  // Means worked out by hand from the tables: 14 labels, the same 9, NIH; drop as printed, drop matched.
  it.each([
    ["NV-Reason", "0.755", "0.688", "0.298", -61, -57],
    ["MedGemma", "0.362", "0.302", "0.243", -33, -20],
    ["Qwen2.5-VL", "0.228", "0.157", "0.062", -73, -61],
    ["SFT", "0.282", "0.264", "0.299", 6, 13],
    ["ChexReason", "0.346", "0.274", "0.243", -30, -11],
  ])(
    "%s: %s, %s on the same nine, %s at NIH: %i %% printed, %i %% matched",
    (model, all, nine, nih, printed, matched) => {
      const { home, away, drop } = row(model);
      expect(thousandths(home.all.value)).toBe(all);
      expect(thousandths(home.matched.value)).toBe(nine);
      expect(thousandths(away.all.value)).toBe(nih);
      expect(percent(drop.all.relative.value)).toBe(printed);
      expect(percent(drop.matched.relative.value)).toBe(matched);
    },
  );

  it("gives GRPO +23 % as printed and +4 % on matched labels, and -19 % away", () => {
    const { changes } = step("ChexReason");
    expect(percent(changes.all.home.relative.value)).toBe(23);
    expect(percent(changes.matched.home.relative.value)).toBe(4);
    expect(percent(changes.all.away.relative.value)).toBe(-19);
    expect(percent(changes.matched.away.relative.value)).toBe(-19);
  });

  it("finds Lung Opacity behind 65 % of it", () => {
    // (0.743 - 0.161) / 14 = 0.0416 of 0.0641.
    const [first] = step("ChexReason").contributions.homeAll;
    expect(first?.label).toBe("Lung Opacity");
    expect(percent(first?.share)).toBe(65);
  });

  it("splits the printed drop into labels and hospital", () => {
    const { drop, labelSetEffect } = row("ChexReason");
    expect((drop.matched.absolute.value ?? 0) + (labelSetEffect.value ?? 0)).toBeCloseTo(
      drop.all.absolute.value ?? Number.NaN,
      12,
    );
  });

  it("gives no verdict, no interval and no rates", () => {
    expect(transfer.contrasts.map(({ verdict, inconclusive }) => [verdict, inconclusive?.kind])).toEqual([
      ["inconclusive", "no interval"],
      ["inconclusive", "no interval"],
    ]);
    expect(row("SFT").home["common-prevalence"]).toEqual({ value: null, low: null, high: null });
    expect(row("SFT").home.all.low).toBeNull();
  });

  it("knows the always-positive reader, and remarks on the mean that rounds otherwise", () => {
    expect(row("always-positive").home.all.value).toBe(0.291);
    expect(row("always-positive").drop.all.relative.value).toBeNull();
    expect(transfer.notes).toEqual([
      "NV-Reason on NIH: the labels' mean is 0.298, printed is 0.297",
      expect.stringMatching(/^always-positive on CheXpert: 0.291, above Qwen2.5-VL, SFT \(mean of/),
    ]);
  });
});

describe("parsePaperTables", () => {
  const TABLES = `schema: chexreason.paper-tables/1
source: a paper
hospitals: [{ name: A, role: same-schema }, { name: B, role: other-schema }]
models: [m]
f1: { A: { Edema: { m: 0.5 } }, B: { Edema: { m: 0.4 } } }
`;
  it("reads the smallest file", () => {
    const tables = parsePaperTables(TABLES, "t.yaml");
    expect(tables.f1Of("B", "m", "Edema")).toBe(0.4);
    expect(transferFromPaper(tables).pairs[0]?.rows[0]?.drop.matched.relative.value).toBeCloseTo(-0.2, 12);
  });

  it.each([
    ["a model without a number", TABLES.replace("[m]", "[m, k]"), "t.yaml: f1.A.Edema.k: missing"],
    [
      "a hospital without a table",
      TABLES.replace("B: {", "C: {"),
      "t.yaml: f1.B: missing, give each label's F1",
    ],
    [
      "an F1 in percent",
      TABLES.replace("0.4", "40"),
      "t.yaml: f1.B.Edema.m: Too big: expected number to be <=1",
    ],
    [
      "a contrast with no such model",
      `${TABLES}contrasts: [{ from: m, to: k }]\n`,
      "t.yaml: contrasts.0: no model k",
    ],
    [
      "a reader of no such hospital",
      `${TABLES}known: [{ reader: always, hospital: C, macro: 0.3, source: s }]\n`,
      "t.yaml: known.0.hospital: no hospital C",
    ],
    ["no YAML", "a: [1", "t.yaml: "],
  ])("refuses %s", (_what, text, message) => {
    const refusal = () => parsePaperTables(text, "t.yaml");
    expect(refusal).toThrow(UserError);
    expect(refusal).toThrow(message);
  });

  it("refuses a label that is none", () => {
    expect(() => parsePaperTables(TABLES.replaceAll("Edema", "Oedema"), "t.yaml")).toThrow(/^t\.yaml: f1\.A/);
  });

  it("names a file that cannot be read", async () => {
    await expect(readPaperTables("/nowhere/t.yaml")).rejects.toThrow(/t\.yaml cannot be read/);
  });
});
