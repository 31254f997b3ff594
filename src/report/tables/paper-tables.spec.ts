import { beforeAll, describe, expect, it } from "vitest";
import { exampleReportInput } from "../example-report-input.ts";
import type { ReportInput } from "../report-input.ts";
import { viewOf } from "../sections/views.ts";
import { isEstimate, type PaperTable, tableCaption } from "./paper-table.ts";
import { paperTables } from "./paper-tables.ts";
import { escapeLatex, tablesLatex } from "./tables-latex.ts";
import { escapeMarkdown, tablesMarkdown } from "./tables-markdown.ts";

let input: ReportInput;
let tables: PaperTable[];
beforeAll(async () => {
  input = await exampleReportInput(20);
  tables = paperTables(input);
});
const tableOf = (number: string): PaperTable => {
  const found = tables.find((table) => table.number === number);
  if (found === undefined) throw new Error(`no table ${number}`);
  return found;
};

describe("paperTables", () => {
  it("has the tables that the study has numbers for", () => {
    expect(tables.map(tableCaption)).toEqual([
      "Tables 2 and 3. Fine-tuning, by the format of its traces",
      "Table 4. GRPO, the checkpoint that was read",
      "Table 4, validation. GRPO, best and last checkpoint on the validation set",
      "Table 5. F1 of each label, Phantom CheXpert",
      "Table 6. F1 of each label, Phantom NIH",
      "Table S1. Scores of the labels, averages",
      "Table S2. Scores of each label, Phantom CheXpert",
      "Table S3. Scores of each label, Phantom NIH",
    ]);
    for (const { head, rows } of tables) for (const row of rows) expect(row).toHaveLength(head.length);
  });

  it("prints precision, recall and F1 of SFT at each hospital, with intervals", () => {
    const { rows } = tableOf("2 and 3");
    const evaluation = input.evaluations.find(({ model, data }) => model === "sft" && data === "phantom-nih");
    if (evaluation === undefined) throw new Error("no sft");
    const { micro, macro } = viewOf(evaluation, "all");
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual([
      "Free Reasoning (best of 5)",
      "Phantom NIH",
      ...[micro.precision, micro.recall, micro.f1, macro.precision, macro.recall, macro.f1],
      evaluation.failureRate,
    ]);
  });

  it("tells the best checkpoint from the last, and of how many it is the best", () => {
    const best = "best, rollout 90 (best of 3, from the best of 5)";
    expect(tableOf("4").note).toContain(
      "GRPO is the best of 3 checkpoints, by jaccard on the validation set. SFT is the best of 5 checkpoints, by the loss",
    );
    expect(tableOf("4").rows.map((row) => row.slice(0, 3))).toEqual([
      [best, "hard", "Phantom CheXpert"],
      [best, "hard", "Phantom NIH"],
    ]);
    const value = (of: number) => ({ value: of, low: null, high: null });
    expect(tableOf("4, validation").rows).toEqual([
      ["best, rollout 90", "hard", value(0.52), value(0.53), value(0.01)],
      ["last, rollout 120", "hard", value(0.5), value(0.52), value(0.03)],
    ]);
  });

  it("has a column a reader and a row a label, and the averages last", () => {
    const { head, rows } = tableOf("6");
    const picked: Record<string, string> = {
      SFT: "SFT (best of 5)",
      GRPO: "GRPO (best of 3, from the best of 5)",
    };
    const readers = input.models.map(({ name }) => picked[name] ?? name);
    expect(head).toEqual(["Label", "Positives", ...readers]);
    expect(rows).toHaveLength(9 + 3);
    expect(rows.slice(-3).map(([name]) => name)).toEqual([
      "Micro average",
      "Macro average",
      "Macro average, matched labels",
    ]);
    // Where all labels are matched the two means are one.
    expect(rows.at(-1)?.slice(1)).toEqual(rows.at(-2)?.slice(1));
  });

  it("marks numbers on images that a model may have been trained on, and says what is known", () => {
    const note =
      "‡ Base, SFT on Phantom CheXpert: possible contamination: made up for the example (nowhere).";
    expect(tableOf("5").head.slice(2, 5)).toEqual([
      "Base ‡",
      "SFT ‡ (best of 5)",
      "GRPO (best of 3, from the best of 5)",
    ]);
    expect(tableOf("5").note).toContain(note);
    expect(tableOf("6").note).not.toContain("‡");
    expect(tableOf("2 and 3").rows.map(([name]) => name)).toEqual([
      "Free Reasoning ‡ (best of 5)",
      "Free Reasoning (best of 5)",
    ]);
    expect(tableOf("2 and 3").note).toContain("‡ SFT on Phantom CheXpert: possible");
    expect(tableOf("S1").rows.map(([name]) => name)).toEqual([
      "Base ‡",
      "SFT ‡ (best of 5)",
      "GRPO (best of 3, from the best of 5)",
      "Base",
      "SFT (best of 5)",
      "GRPO (best of 3, from the best of 5)",
    ]);
    expect(tablesMarkdown("x", tables)).toContain("| Base ‡ |");
    expect(tablesLatex("x", tables)).toContain("& Base $\\ddagger$ &");
  });

  it("has Table 1 where the untrained model was asked in several ways", () => {
    const [base] = input.models;
    if (base === undefined) throw new Error("no model");
    const models = [base, { ...base, id: "sft", name: "Base, Narrative", prompt: "Narrative" }];
    const [table] = paperTables({ ...input, models, bestOf: [] });
    expect(table?.number).toBe("1");
    expect(table?.note).toMatch(/^2 prompts, read side by side .*: the best of them is the best of 2\./);
    expect(table?.rows.map(([prompt, hospital]) => [prompt, hospital])).toEqual([
      ["Free Reasoning ‡", "Phantom CheXpert"],
      ["Narrative ‡", "Phantom CheXpert"],
      ["Free Reasoning", "Phantom NIH"],
      ["Narrative", "Phantom NIH"],
    ]);
  });
});

describe("tablesMarkdown and tablesLatex", () => {
  it("print the same rows", () => {
    const cells = tables.flatMap(({ rows }) => rows.flat()).filter(isEstimate);
    const values = cells.flatMap(({ value }) => (value === null ? [] : [value.toFixed(3)]));
    const inOrder = (text: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map(([, number]) => number);
    expect(inOrder(tablesMarkdown("x", tables), /\| (\d\.\d{3})/g)).toEqual(values);
    expect(inOrder(tablesLatex("x", tables), /& (\d\.\d{3})/g)).toEqual(values);
  });

  it("write a small table as it should be", () => {
    const table: PaperTable = {
      number: "9",
      title: "50 % of a_b",
      note: "",
      head: ["Reader", "F1"],
      rows: [["a|b & c", { value: 0.5, low: -0.25, high: 0.75 }]],
    };
    expect(tablesMarkdown("t", [table])).toBe(
      "# t\n\n## Table 9. 50 % of a\\_b\n\n| Reader | F1 |\n| --- | --- |\n| a\\|b &amp; c | 0.500 \\[-0.25, 0.75\\] |\n",
    );
    expect(tablesLatex("t", [table])).toContain(
      "\\midrule\na\\textbar{}b \\& c & 0.500 {\\scriptsize [$-$0.25, 0.75]} \\\\\n\\bottomrule",
    );
    expect(tablesLatex("t", [table])).toContain("\\caption*{Table 9. 50 \\% of a\\_b.}");
  });

  it("escape what either reads as markup", () => {
    expect(escapeMarkdown("<b>*x*\n[y](javascript:z)")).toBe("&lt;b&gt;\\*x\\* \\[y\\](javascript&#58;z)");
    expect(escapeLatex("\\input{x} 5% #1 a~b ^^M\n$")).toBe(
      "\\textbackslash{}input\\{x\\} 5\\% \\#1 a\\textasciitilde{}b \\textasciicircum{}\\textasciicircum{}M \\$",
    );
  });
});
