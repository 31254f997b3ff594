import { expect, it } from "vitest";
import { z } from "zod";
import { describeIssue } from "./describe-issue.ts";

const schema = z.strictObject({ a: z.object({ b: z.number() }), c: z.string() });

it.each([
  [{ a: { b: "x" }, c: "" }, "a.b: Invalid input: expected number, received string"],
  [{ a: { b: "x" }, c: 1 }, "a.b: Invalid input: expected number, received string (and 1 more)"],
  [{ a: { b: 1 }, c: "", d: 1 }, 'the line: Unrecognized key: "d"'],
  [null, "the line: Invalid input: expected object, received null"],
])("says of %j: %s", (value, described) => {
  const { error } = schema.safeParse(value);
  expect(error && describeIssue(error, "the line")).toBe(described);
});
