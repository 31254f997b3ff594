import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { canonicalOrder, LABELS, type Label } from "../../labels/label.ts";
import { describeIssue } from "../../util/describe-issue.ts";
import { messageOf, UserError } from "../../util/user-error.ts";
import { HOSPITAL_ROLES } from "./hospital-role.ts";

const CONFIGURATION = 2;
const share = z.number().min(0).max(1);
const byModel = z.record(z.string().min(1), share);

const schema = z.strictObject({
  schema: z.literal("chexreason.paper-tables/1"),
  /** Where the numbers are printed. */
  source: z.string().min(1),
  hospitals: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        role: z.enum(HOSPITAL_ROLES),
        images: z.int().positive().nullable().default(null),
      }),
    )
    .min(2),
  /** In the order of the tables. */
  models: z.array(z.string().min(1)).min(1),
  contrasts: z.array(z.strictObject({ from: z.string(), to: z.string() })).default([]),
  /** hospital -> label -> model -> F1 */
  f1: z.record(z.string(), z.partialRecord(z.enum(LABELS), byModel)),
  /** hospital -> model -> the average as printed */
  macro: z.record(z.string(), byModel).default({}),
  /** Readers whose macro-F1 over all of a hospital's labels is known from elsewhere. */
  known: z
    .array(
      z.strictObject({ reader: z.string().min(1), hospital: z.string(), macro: share, source: z.string() }),
    )
    .default([]),
});

/** Per-label F1 as a paper prints it. */
export interface PaperTables extends z.infer<typeof schema> {
  /** The F1 of a label; the tables have one for every label of the hospital and every model. */
  f1Of(hospital: string, model: string, label: Label): number;
  /** The labels that a hospital's table has. */
  labelsOf(hospital: string): Label[];
}

/** The tables of the paper that this project follows. */
export const PAPER_TABLES = fileURLToPath(new URL("paper-tables.yaml", import.meta.url));

/**
 * Reads printed tables: YAML (or JSON, which is YAML), as `paper-tables.yaml` beside this file shows it.
 * @throws UserError naming file and key, also where a table lacks a model
 */
export async function readPaperTables(file: string): Promise<PaperTables> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError(
      `${file} cannot be read (${messageOf(error)}): give a file of printed tables`,
      CONFIGURATION,
    );
  });
  return parsePaperTables(text, file);
}

/** `readPaperTables` of a text; `where` names it in errors. */
export function parsePaperTables(text: string, where: string): PaperTables {
  const fail = (what: string): never => {
    throw new UserError(`${where}: ${what}`, CONFIGURATION);
  };
  let declared: unknown;
  try {
    declared = parse(text);
  } catch (error) {
    fail(messageOf(error).split("\n")[0] ?? "");
  }
  const { data, error } = schema.safeParse(declared);
  if (error !== undefined) return fail(describeIssue(error, "top level"));
  const tables = data;
  const f1Of = (hospital: string, model: string, label: Label): number =>
    tables.f1[hospital]?.[label]?.[model] ?? fail(`f1.${hospital}.${label}.${model}: missing`);
  const labelsOf = (hospital: string): Label[] =>
    canonicalOrder(LABELS.filter((label) => tables.f1[hospital]?.[label] !== undefined));
  for (const { name } of tables.hospitals) {
    const labels = labelsOf(name);
    if (labels.length === 0) fail(`f1.${name}: missing, give each label's F1`);
    for (const label of labels) for (const model of tables.models) f1Of(name, model, label);
  }
  for (const [index, { from, to }] of tables.contrasts.entries())
    for (const model of [from, to])
      if (!tables.models.includes(model)) fail(`contrasts.${index}: no model ${model}`);
  for (const [index, { hospital }] of tables.known.entries())
    if (!tables.hospitals.some(({ name }) => name === hospital))
      fail(`known.${index}.hospital: no hospital ${hospital}`);
  return { ...tables, f1Of, labelsOf };
}
