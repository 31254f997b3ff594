import { z } from "zod";
import type { ScaledSetting } from "../report/report-input.ts";
import { type StudyConfig, studySchema } from "./schema/study.ts";

/** Settings that say where things lie or who is asked, not how the recipe goes. */
const NOT_RECIPE = new Set([
  "schema",
  "name",
  "title",
  "folder",
  "seed",
  "data",
  "teacher",
  "scope",
  "variants",
  "reasons",
  "notes",
]);

/**
 * The recipe's settings that a study changed, with the default of each and where that comes from: the paper, our
 * decision where the paper is silent, or ours alone.
 */
export function changedSettings(config: StudyConfig): ScaledSetting[] {
  const recipe = Object.entries(studySchema.shape).filter(([key]) => !NOT_RECIPE.has(key));
  return recipe.flatMap(([key, schema]) =>
    changes(key, schema, config[key as keyof StudyConfig], undefined, config.reasons),
  );
}

type AnySchema = z.core.$ZodType;

function changes(
  key: string,
  schema: AnySchema,
  value: unknown,
  source: string | undefined,
  reasons: Readonly<Record<string, string>>,
): ScaledSetting[] {
  const own = sourceOf(schema) ?? source;
  const fallback = defaultOf(schema);
  const shape = shapeOf(schema);
  if (shape !== null && typeof value === "object" && value !== null)
    return Object.entries(shape).flatMap(([name, inner]) =>
      changes(`${key}.${name}`, inner, (value as Record<string, unknown>)[name], own, reasons),
    );
  // Without a default there is nothing that the study could have changed.
  if (own === undefined || fallback === undefined || same(fallback.value, value)) return [];
  return [
    {
      setting: key,
      paper: own.startsWith("the paper") ? show(fallback.value) : `${show(fallback.value)} (${own})`,
      here: show(value),
      why: reasons[key] ?? "not said",
    },
  ];
}

const sourceSchema = z.looseObject({ source: z.string() });

function sourceOf(schema: AnySchema): string | undefined {
  const meta = z.globalRegistry.get(schema);
  return sourceSchema.safeParse(meta).data?.source;
}

function defaultOf(schema: AnySchema): { value: unknown } | undefined {
  return schema instanceof z.ZodDefault ? { value: schema.def.defaultValue } : undefined;
}

/** The fields of an object, however it is wrapped. */
function shapeOf(schema: AnySchema): Readonly<Record<string, AnySchema>> | null {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return shapeOf(schema.def.innerType);
  return null;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function show(value: unknown): string {
  if (value === null) return "left out";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.join(", ");
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${show(inner)}`)
    .join(", ");
}
