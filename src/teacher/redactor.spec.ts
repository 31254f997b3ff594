import { describe, expect, it } from "vitest";
import { redactor } from "./redactor.ts";

const KEY = 'a"b/canary+key=1';
const { keys, error } = redactor([KEY, "none"]);

describe("redactor", () => {
  it.each([
    ["as it is", `bad key ${KEY}!`],
    ["in an address", `https://api/?key=${encodeURIComponent(KEY)}`],
    ["in JSON", JSON.stringify({ key: KEY })],
    ["in base64", `Basic ${Buffer.from(KEY).toString("base64")}`],
  ])("blots a key out %s", (_how, text) => {
    for (const clean of [keys(text), error(text)]) {
      expect(clean).toContain("[key]");
      expect(clean).not.toContain("canary");
    }
  });

  it("leaves a dummy of a few letters alone", () => {
    expect(keys("none of them")).toBe("none of them");
  });

  it("blots out pictures in errors, and makes one short line of them", () => {
    const picture = Buffer.alloc(300, 7).toString("base64");
    expect(error(`refused\n  data:image/png;base64,${picture} now`)).toBe(
      "refused data:image/png;base64,[data] now",
    );
    expect(error("x ".repeat(1000))).toHaveLength(300 + " ...".length);
  });

  it("changes no answer but for keys", () => {
    const answer = `<think>line one\n\n  line two</think> ${"A".repeat(100)}`;
    expect(keys(answer)).toBe(answer);
  });
});
