import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PACKAGE_ROOT } from "../engine/package-root.ts";
import { loadStudy } from "./load-study.ts";
import { grpoSchema, sftSchema } from "./schema/training.ts";

const FILE = path.join(PACKAGE_ROOT, "studies/paper.yaml");
const ROOTS = ["data.mimic.root=/m", "data.chexpert.root=/c", "data.nih.root=/n"];
const lines = readFileSync(FILE, "utf8").split("\n");

/** The lines of a top-level key. */
function sectionOf(key: string): string[] {
  const start = lines.indexOf(`${key}:`);
  const length = lines.slice(start + 1).findIndex((line) => /^\S/.test(line));
  return lines.slice(start + 1, start + 1 + length);
}

const keysIn = (section: readonly string[]): string[] =>
  section.flatMap((line) => /^ {2}(\w+):/.exec(line)?.[1] ?? []);

describe("studies/paper.yaml", () => {
  it("says of every value where it comes from", () => {
    const variants = lines.indexOf("variants:");
    const reasons = lines.indexOf("reasons:");
    const first = lines.findIndex((line) => line.startsWith("seed:"));
    const values = lines.filter((line, at) => {
      if (at < first) return false;
      // A variant's source stands beside its name.
      return at > variants && at < reasons
        ? /^ {2}[\w-]+:/.test(line)
        : /^\s*[\w-]+: *\S/.test(line) && !/^ {2}[\w.]+: the paper's/.test(line);
    });
    expect(values.length).toBeGreaterThan(60);
    const unsourced = values.filter(
      (line) =>
        !/# .*(the paper, (3|3\.1|3\.2\.1|3\.2\.2|4\.3|equation \d|Tables? \d)\b|unstated in the paper|ours)/.test(
          line,
        ),
    );
    expect(unsourced).toEqual([]);
  });

  it("has one model in its headline, the paper's tables in the next scope, and its open questions in the last", async () => {
    const namesOf = async (scope: string) =>
      (await loadStudy(FILE, [...ROOTS, `scope=${scope}`])).variants.map(({ name }) => name);
    const [headline, tables, full] = await Promise.all(["headline", "tables", "full"].map(namesOf));
    expect(headline).toEqual(["headline"]);
    expect((await loadStudy(FILE, ROOTS)).variants).toHaveLength(1);
    expect(tables?.filter((name) => name.startsWith("qwen-"))).toHaveLength(4);
    expect(tables).toEqual(full?.slice(0, 13));
    expect(full?.slice(13)).toEqual(["hard-scaled", "nuanced-scaled", "permuted-truth"]);
  });

  it("is the whole recipe: every setting of model, cohort, SFT and GRPO is written out", async () => {
    const { config } = await loadStudy(FILE, ROOTS);
    for (const key of ["model", "cohort", "sft", "grpo", "evaluation"] as const) {
      const optional = key === "evaluation" ? ["prompts", "outside", "chosen"] : [];
      const wanted = Object.keys(z.record(z.string(), z.unknown()).parse(config[key]));
      expect(keysIn(sectionOf(key)).sort(), key).toEqual(
        wanted.filter((name) => !optional.includes(name)).sort(),
      );
    }
    expect(Object.keys(config.sft ?? {}).sort()).toEqual(Object.keys(sftSchema.shape).sort());
    expect(Object.keys(config.grpo ?? {}).sort()).toEqual(Object.keys(grpoSchema.shape).sort());
  });
});
