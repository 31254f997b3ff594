import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import { contaminationLines, outsideModels, studyContaminations } from "./outside-models.ts";
import { studyStages } from "./study-stages.ts";

const folder = scratchFolder();
const file = path.join(folder, "study.yaml");
const study = async (...outside: object[]) => {
  await writeFile(
    file,
    `schema: chexreason.study/1
name: small
model: { source: ../model }
data:
  here: { kind: phantom, site: phantom-mimic, images: 10 }
  chexpert: { kind: chexpert, root: /nowhere, set: test }
  there: { kind: phantom, site: phantom-nih, images: 10 }
cohort: { source: here }
teacher: { kind: worded }
sft: null
grpo: null
evaluation: { sets: { chexpert: {}, there: {} }, outside: ${JSON.stringify(outside)} }
`,
  );
  return (await loadStudy(file)).config;
};
const NV = {
  name: "nv-reason",
  kind: "model",
  source: "nvidia/NV-Reason-CXR-3B",
  revision: "main",
  dialect: "answer-tags",
};

describe("models from elsewhere", () => {
  it("are stages between the study's own and the report, one for each hospital", async () => {
    const names = studyStages(
      await study(NV, { name: "theirs", kind: "predictions", files: { there: "x.csv" } }),
    ).map(({ name }) => name);
    expect(names.slice(names.indexOf("predict base@there"))).toEqual([
      "predict base@there",
      "outside nv-reason",
      "predict nv-reason@chexpert",
      "predict nv-reason@there",
      "outside theirs",
      "predict theirs@there",
      "report",
    ]);
  });

  it("say what they are, and what they may have been trained on", async () => {
    const config = await study(NV, {
      name: "ours",
      kind: "adapter",
      source: "../adapter",
      prompt: "only-label",
    });
    const [nv, own] = outsideModels(config);
    expect(nv).toMatchObject({
      id: "nv-reason",
      description: "nvidia/NV-Reason-CXR-3B at main, asked by free, read as answer-tags",
      data: ["chexpert", "there"],
      contaminations: { there: [] },
    });
    expect(nv?.contaminations.chexpert).toHaveLength(1);
    expect(own?.description).toBe(
      "../adapter, an adapter on the study's model, asked by only-label, read as solution",
    );
    expect(contaminationLines(config)).toEqual([
      expect.stringMatching(/^nv-reason, on chexpert: possible contamination: .*grpo\.jsonl\)\)?$/),
    ]);
    const named = await study({
      name: "x",
      kind: "predictions",
      id: "NV-Reason-CXR-3B",
      files: { chexpert: "x.csv" },
    });
    expect(contaminationLines(named)).toHaveLength(1);
    // What is known of a base model is known of what was trained from it, and of nothing else.
    const ours = { ...named, model: { ...named.model, source: "/models/nv-reason-cxr-3b" } };
    expect(studyContaminations(ours, "chexpert", "base")).toHaveLength(1);
    expect(studyContaminations(ours, "there", "base")).toEqual([]);
    expect(studyContaminations(ours, "chexpert", "always")).toEqual([]);
    expect(studyContaminations(named, "chexpert", "base")).toEqual([]);
    expect(studyContaminations(named, "chexpert", "x")).toEqual([
      expect.stringMatching(/^possible contamination: its published example list .*grpo\.jsonl\)\)$/),
    ]);
    expect(
      contaminationLines({ ...named, model: { ...named.model, source: "/models/nv-reason-cxr-3b" } }),
    ).toHaveLength(2);
  });

  it.each([
    ["a taken name", [{ ...NV, name: "grpo" }], /a reader that the study has anyway/],
    ["a name twice", [NV, NV], /evaluation\.outside\.nv-reason: there are two of that name/],
    ["no prompt", [{ ...NV, prompt: "none" }], /there is no prompt named "none"; choose one of /],
    ["no dialect", [{ ...NV, dialect: "free" }], /evaluation\.outside\.0\.dialect/],
    [
      "another hospital",
      [{ name: "x", kind: "predictions", files: { here: "x.csv" } }],
      /files names "here", which evaluation\.sets has not \(chexpert, there\)/,
    ],
    [
      "a key in the address",
      [{ name: "x", kind: "openai-compatible", model: "m", endpoint: "https://user:secret@host/v1" }],
      /evaluation\.outside\.0\.endpoint/,
    ],
  ])("refuse %s", async (_, outside, message) => {
    await expect(study(...outside)).rejects.toThrow(message);
  });
});
