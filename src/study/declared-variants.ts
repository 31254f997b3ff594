import { z } from "zod";
import { UserError } from "../util/user-error.ts";

/** How much of a study is run: each takes in those before it. */
export const SCOPES = ["headline", "tables", "full"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a variant may change. The hospitals, the cohorts and the test sets are the same for all. */
const VARIED = [
  "scope",
  "title",
  "model",
  "format",
  "teacher",
  "sft",
  "grpo",
  "trainingSeeds",
  "evaluation",
  "reasons",
] as const;

const declaredSchema = z.looseObject({
  scope: z.enum(SCOPES).default("full"),
  variants: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
const scopeSchema = z.looseObject({ scope: z.enum(SCOPES).default("headline") });

/**
 * The declarations of a study's variants: its own, with each variant's changes in place, key by key. Variants of a wider
 * scope than the study's are left out.
 * @param declared a study as read from its file, before its settings are checked
 * @param where the study file, for errors
 * @throws UserError naming the variant and the key that it may not change
 */
export function declaredVariants(
  declared: unknown,
  where: string,
): { readonly name: string; readonly declared: unknown }[] {
  const { scope, variants, ...common } = declaredSchema.parse(declared);
  return Object.entries(variants).flatMap(([name, changes]) => {
    const foreign = Object.keys(changes).find((key) => !VARIED.some((varied) => varied === key));
    if (foreign !== undefined)
      throw new UserError(
        `${where}: variants.${name}.${foreign}: a variant may change ${VARIED.join(", ")} only`,
        2,
      );
    const parsed = scopeSchema.safeParse(changes);
    if (!parsed.success)
      throw new UserError(`${where}: variants.${name}.scope: choose among ${SCOPES.join(", ")}`, 2);
    const { scope: own, ...rest } = parsed.data;
    if (SCOPES.indexOf(own) > SCOPES.indexOf(scope)) return [];
    return [{ name, declared: merge(common, rest) }];
  });
}

/** Maps are merged; anything else is replaced, and so is a map whose `kind` changes. */
function merge(old: unknown, changes: unknown): unknown {
  if (!isMap(old) || !isMap(changes)) return changes;
  if (changes.kind !== undefined && changes.kind !== old.kind) return changes;
  const keys = [...new Set([...Object.keys(old), ...Object.keys(changes)])];
  return Object.fromEntries(
    keys.map((key) => [key, key in changes ? merge(old[key], changes[key]) : old[key]]),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
