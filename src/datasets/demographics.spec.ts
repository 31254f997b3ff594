import { describe, expect, it } from "vitest";
import { readAge, readSex } from "./demographics.ts";

describe("readAge", () => {
  it.each([
    ["58", 58],
    ["058Y", 58],
    ["0", 0],
    ["61.5", 61.5],
    ["120", 120],
    ["414", null],
    ["", null],
    ["-3", null],
    ["58M", null],
    ["old", null],
  ])("reads %j as %j years", (text, age) => {
    expect(readAge(text)).toBe(age);
  });
});

describe("readSex", () => {
  it.each([
    ["Female", "F"],
    ["m", "M"],
    ["Unknown", null],
    ["", null],
  ])("reads %j as %j", (text, sex) => {
    expect(readSex(text)).toBe(sex);
  });
});
