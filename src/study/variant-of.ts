import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";

const CONFIGURATION = 2;

/**
 * The study of a variant, or the study itself where it has none.
 * @param known the names to be listed in the UserError for another: by default the variants'
 */
export function variantOf(
  study: Study,
  wanted: string | undefined,
  known: readonly string[] = study.variants.map(({ name }) => name),
): Study {
  if (study.variants.length === 0 && wanted === undefined) return study;
  const found = study.variants.find(({ name }) => name === wanted);
  if (found !== undefined) return found.study;
  const names = known.join(", ") || "it has none";
  throw new UserError(`${study.file}: name one of its variants by --variant (${names})`, CONFIGURATION);
}
