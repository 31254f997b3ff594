import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";
import { sourceFiles } from "./source-files.ts";

/** Whatever could open the phantoms' true findings: the module that knows where they lie, or their path itself. */
const OPENS_SIDECAR = /truth-file\.ts"|\.truth\b(?=["'`/])|truth\.jsonl/;

describe("the sidecar of true findings", () => {
  it("is known to the phantoms' own folder alone", () => {
    const knowing = sourceFiles()
      .filter((file) => file.startsWith("src/") && !file.startsWith("src/datasets/phantom/"))
      .filter((file) => !file.endsWith(".spec.ts"))
      .filter((file) => OPENS_SIDECAR.test(readFileSync(path.join(PACKAGE_ROOT, file), "utf8")));
    expect(knowing).toEqual([]);
  });

  it("would be seen", () => {
    expect(OPENS_SIDECAR.test('import { truthFile } from "../datasets/phantom/truth-file.ts";')).toBe(true);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a line of code
    expect(OPENS_SIDECAR.test("readFile(`${folder}.truth/truth.jsonl`)")).toBe(true);
  });
});
