import { describe, expect, it } from "vitest";
import { describeIssue } from "../../util/describe-issue.ts";
import { teacherSchema } from "./teacher.ts";

const GEMINI = {
  kind: "gemini",
  model: "gemini-2.5-pro",
  price: { input: 1.25, output: 10 },
  spendingCap: 30,
};
const LOCAL = { kind: "openai-compatible", model: "medgemma", endpoint: "http://127.0.0.1:8000/v1" };
const TERMS = { zeroRetention: true, noTraining: true, noHumanReview: true };
const WHO = { host: "api.example", who: "the data officer", date: "2026-01-31" };

describe("a study's teacher", () => {
  it("is the words of the labels, Gemini, an address, or the engine", () => {
    expect(teacherSchema.parse({ kind: "worded" })).toEqual({ kind: "worded" });
    expect(teacherSchema.parse(GEMINI)).toMatchObject({
      endpoint: "https://generativelanguage.googleapis.com/v1beta",
      keyVariable: "GEMINI_API_KEY",
      attestation: null,
      calls: { tries: 6, backOffMs: 1000 },
    });
    expect(teacherSchema.parse(LOCAL)).toMatchObject({
      keyVariable: null,
      price: { input: 0, output: 0 },
      spendingCap: null,
    });
    expect(teacherSchema.parse({ kind: "engine" })).toMatchObject({ model: "study", maxTokens: 1024 });
  });

  it("takes both kinds of attestation", () => {
    for (const attestation of [
      { ...WHO, ...TERMS },
      { ...WHO, host: "gpu.hospital:8000", onPremises: true },
    ])
      expect(teacherSchema.parse({ ...LOCAL, attestation })).toMatchObject({ attestation });
  });

  it.each([
    ["without a price", { ...GEMINI, price: undefined }, /^price: /],
    ["without a cap", { ...GEMINI, spendingCap: undefined }, /^spendingCap: /],
    ["with a cap of nothing", { ...GEMINI, spendingCap: 0 }, /^spendingCap: /],
    ["without an endpoint", { ...LOCAL, endpoint: undefined }, /^endpoint: /],
    ["with a file for an endpoint", { ...LOCAL, endpoint: "file:///etc/passwd" }, /^endpoint: /],
    [
      "with a password in the address",
      { ...LOCAL, endpoint: "https://me:pass@api.example/v1" },
      /^endpoint: give an address without user/,
    ],
    [
      "with a key in the address",
      { ...LOCAL, endpoint: "https://api.example/v1?key=abc" },
      /^endpoint: give an address without user/,
    ],
    ["with a key for a variable", { ...GEMINI, keyVariable: "AIzaSyA1b2" }, /^keyVariable: give the NAME/],
    ["with a key of its own", { ...GEMINI, apiKey: "x" }, /Unrecognized key: "apiKey"/],
    [
      "with an attestation that lacks a term",
      { ...LOCAL, attestation: { ...WHO, ...TERMS, noTraining: undefined } },
      /^attestation: give host, who, date/,
    ],
    [
      "with a term denied",
      { ...LOCAL, attestation: { ...WHO, ...TERMS, noTraining: false } },
      /^attestation: give host/,
    ],
    [
      "with an attestation of no day",
      { ...LOCAL, attestation: { ...WHO, ...TERMS, date: "last week" } },
      /^attestation\.date: Invalid ISO date/,
    ],
    [
      "with an attestation for an address",
      { ...LOCAL, attestation: { ...WHO, ...TERMS, host: "https://api.example" } },
      /^attestation\.host: give host/,
    ],
    ["of another kind", { kind: "oracle" }, /^kind: /],
  ])("is refused %s", (_what, teacher, message) => {
    const { error } = teacherSchema.safeParse(teacher);
    expect(error && describeIssue(error, "teacher")).toMatch(message);
  });
});
