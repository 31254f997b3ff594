import type { z } from "zod";

/**
 * What a schema found wrong, in one line: the first fault by its key, and how many more there are.
 * @param whole what to call the value itself, where the fault is in no key: "the line"
 */
export function describeIssue({ issues }: z.ZodError, whole: string): string {
  const [first] = issues;
  if (first === undefined) return `${whole}: not valid`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return `${first.path.join(".") || whole}: ${first.message}${more}`;
}
