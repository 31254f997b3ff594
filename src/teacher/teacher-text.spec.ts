import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { promptByName, SFT_FORMATS } from "../prompts/builtin-prompts.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { TRACE_FAULTS } from "./check-trace.ts";
import { teacherQuestion } from "./teacher-question.ts";
import { readTeacherText, teacherText } from "./teacher-text.ts";

const folder = scratchFolder();
const read = (content: string) => {
  const file = path.join(folder, "text.yaml");
  writeFileSync(file, content);
  return readTeacherText(file);
};
const REMARKS = TRACE_FAULTS.map((reason) => `  ${reason}: again`).join("\n");
const whole = (changes: Record<string, string> = {}) => {
  const { version = "1", system = "be careful", user = "{question} {labels}" } = changes;
  return `version: ${version}\nsystem: ${system}\nuser: "${user}"\nremarks:\n${REMARKS}\n`;
};

describe("the teacher's instructions", () => {
  it("come with a remark for every fault of a trace", () => {
    expect(Object.keys(teacherText().remarks).sort()).toEqual([...TRACE_FAULTS].sort());
  });

  it("have another hash when anything that may be said is another", () => {
    const hashes = [
      whole(),
      whole({ system: "be quick" }),
      whole({ user: "{labels} {question}" }),
      whole().replace("labels differ: again", "labels differ: once more"),
    ].map((text) => read(text).hash);
    expect(new Set(hashes).size).toBe(4);
    expect(read(whole()).hash).toBe(hashes[0]);
  });

  it.each([
    [
      "without the labels",
      whole({ user: "{question}" }),
      /text\.yaml: user: must hold \{labels\} exactly once/,
    ],
    ["with an unknown remark", `${whole()}  nonsense: x\n`, /remarks/],
    ["lacking a remark", whole().replace("  labels differ: again\n", ""), /remarks\.labels differ/],
    ["with a key too many", `${whole()}extra: 1\n`, /extra/],
    ["that are no YAML", "version: [", /cannot be read/],
  ])("are refused %s", (_what, content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});

describe("teacherQuestion", () => {
  const record = exampleRecord({ id: "dicom-77", patient: "p1000", age: 71, sex: "F", site: "mimic" });
  const labels = ["Edema", "Pleural Effusion"] as const;
  const text = teacherText();

  it.each(SFT_FORMATS)("holds the student's question %s in full, and the labels", (format) => {
    const prompt = promptByName(format);
    const { user, system } = teacherQuestion({ record, labels, prompt, seed: 1 }, text);
    expect(user).toContain(prompt.text);
    expect(user.slice(user.indexOf("For you alone"))).toContain("Edema, Pleural Effusion");
    expect(system).toBe(text.system);
    for (const personal of ["dicom-77", "p1000", "71", "mimic"])
      expect(user + system).not.toContain(personal);
  });

  it("says why the answer before was thrown out, and nothing of the kind the first time", () => {
    const request = { record, labels, prompt: promptByName("free"), seed: 1 };
    const first = teacherQuestion(request, text).user;
    const second = teacherQuestion({ ...request, remark: "labels differ" }, text).user;
    expect(second).toBe(`${first}\n\n${text.remarks["labels differ"]}`);
  });

  it("keeps a dollar sign a dollar sign", () => {
    const prompt = { ...promptByName("free"), text: "cost $& $1" };
    expect(teacherQuestion({ record, labels, prompt, seed: 1 }, text).user).toContain("cost $& $1");
  });
});
