import { describe, expect, it } from "vitest";
import { messageOf, UserError } from "./user-error.ts";

describe("UserError", () => {
  it("is one line, whatever it is made from", () => {
    expect(new UserError("a.csv: row 3:\n  no such column\n\nLINE 1").message).toBe(
      "a.csv: row 3: no such column LINE 1",
    );
    expect(new UserError("a\r\nb").message).toBe("a b");
  });

  it("carries an exit code, 1 unless told, and what caused it", () => {
    const cause = new Error("disk");
    const error = new UserError("x", 3, { cause });
    expect(error).toMatchObject({ name: "UserError", exitCode: 3, cause });
    expect(error).toBeInstanceOf(Error);
    expect(new UserError("x").exitCode).toBe(1);
  });
});

describe("messageOf", () => {
  it.each([
    [new UserError("why"), "why"],
    ["a text", "a text"],
    [undefined, "undefined"],
    [{ message: "not an Error" }, "[object Object]"],
  ])("%o: %s", (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
