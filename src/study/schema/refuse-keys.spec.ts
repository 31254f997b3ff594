import { describe, expect, it } from "vitest";
import { z } from "zod";
import { refuseKeys } from "./refuse-keys.ts";

const schema = z.unknown().superRefine(refuseKeys);
const issues = (value: unknown) => schema.safeParse(value).error?.issues ?? [];
/** Never whole in this file, which scanners read too. */
const made = (start: string, length = 32): string => start + "a1B2".repeat(length / 4);

describe("refuseKeys", () => {
  it.each([
    made("AIza"),
    made("AQ."),
    made("sk-"),
    made("sk-proj-"),
    made("hf_"),
    made("gsk_"),
    made("ghp_"),
    made("github_pat_"),
    `AKIA${"A1B2".repeat(4)}`,
    made("xoxb-"),
    `Bearer ${made("")}`,
    "https://me:secret@api.example/v1",
  ])("names the place of %s, and not the key", (key) => {
    const [issue] = issues({ notes: ["fine", `see ${key} there`] });
    expect(issue?.path).toEqual(["notes", "1"]);
    expect(issue?.message).toMatch(/looks like a key/);
    expect(JSON.stringify(issues({ notes: [`see ${key} there`] }))).not.toContain(key);
  });

  it("leaves commits, hashes, paths, hub ids and plain words alone", () => {
    const plain = {
      revision: "9f2c1d".repeat(7).slice(0, 40),
      hash: "0a".repeat(32),
      source: "google/medgemma-4b-it",
      endpoint: "http://gpu.hospital:8000/v1",
      root: "/data/sk-hospital/mimic-cxr-jpg-2.1.0/files",
      words: ["a risk-averse reading", "Bearer of news", "hf_dataset"],
      number: 3,
      nothing: null,
    };
    expect(issues(plain)).toEqual([]);
  });
});
