import { expect, it } from "vitest";
import type { UserError } from "../util/user-error.ts";
import { teacherKey } from "./teacher-key.ts";

it("reads the key from the variable named, and asks for none where none is named", () => {
  expect(teacherKey("MY_KEY", { MY_KEY: " secret\n" })).toBe("secret");
  expect(teacherKey(null, {})).toBeNull();
});

it.each([[{}], [{ MY_KEY: "" }], [{ MY_KEY: "  " }]])("says which variable is not set: %j", (environment) => {
  const read = (): unknown => teacherKey("MY_KEY", environment);
  expect(read).toThrow(/^MY_KEY is not set/);
  expect(read).toThrow(expect.objectContaining({ exitCode: 3 }) as UserError);
});
