import { UserError } from "../util/user-error.ts";

/**
 * Reads a teacher's key from the environment, the only place a key may stand.
 * @param variable the variable's name; null: the teacher wants no key
 * @throws UserError (environment) when the variable is not set
 */
export function teacherKey(
  variable: string | null,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  if (variable === null) return null;
  const key = environment[variable]?.trim() ?? "";
  if (key === "")
    throw new UserError(
      `${variable} is not set: the teacher's key is read from that environment variable`,
      3,
    );
  return key;
}
