import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../engine/python-environment.ts";
import { writeFileAtomic } from "../../util/files.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { loadStudy } from "../load-study.ts";
import { dataNeeds } from "./data-needs.ts";
import { diskNeed } from "./disk-need.ts";
import { modelNeeds } from "./model-needs.ts";
import { workloadOf } from "./workload.ts";

const scratch = scratchFolder();
const paper = (...sets: string[]) =>
  loadStudy(path.join(PACKAGE_ROOT, "studies/paper.yaml"), [
    ...["mimic", "chexpert", "nih"].map((name) => `data.${name}.root=${scratch}/${name}`),
    ...sets,
  ]);
const states = (needs: readonly { name: string; state: string }[]) =>
  Object.fromEntries(needs.map(({ name, state }) => [name, state]));

describe("dataNeeds", () => {
  it("names each missing folder with the page where its files are had", async () => {
    await mkdir(path.join(scratch, "nih"), { recursive: true });
    const needs = await dataNeeds((await paper()).config);
    expect(states(needs)).toEqual({
      "data mimic": "missing",
      "data chexpert": "missing",
      "data nih": "ready",
    });
    expect(needs[0]?.remedy).toMatch(/--set data\.mimic\.root=FOLDER; had at https:\/\/physionet\.org/);
  });
});

describe("modelNeeds", () => {
  it("asks for a token where the model is gated, and says where it is had", async () => {
    const needs = await modelNeeds(await paper(), { HF_HOME: path.join(scratch, "empty") });
    expect(states(needs)).toEqual({ model: "unknown", "hub token": "missing" });
    expect(needs[1]?.remedy).toContain("https://huggingface.co/google/medgemma-4b-it");
    expect(
      states(await modelNeeds(await paper(), { HF_HOME: path.join(scratch, "empty"), HF_TOKEN: "x" })),
    ).toEqual({
      model: "unknown",
      "hub token": "ready",
    });
  });

  it("never prints the token", async () => {
    const needs = await modelNeeds(await paper(), { HF_HOME: scratch, HF_TOKEN: "hf_canary" });
    expect(JSON.stringify(needs)).not.toContain("hf_canary");
  });

  it("finds a snapshot in the hub's cache, and refuses to hope for one offline", async () => {
    const home = path.join(scratch, "hub-home");
    const offline = { HF_HOME: home, HF_HUB_OFFLINE: "1" };
    expect(states(await modelNeeds(await paper(), offline))).toEqual({ model: "missing" });
    await writeFileAtomic(
      path.join(home, "hub/models--google--medgemma-4b-it/snapshots/abc/config.json"),
      "{}",
    );
    expect(states(await modelNeeds(await paper(), offline))).toEqual({ model: "ready" });
  });

  it("needs nothing for a local folder", async () => {
    const study = await loadStudy(path.join(PACKAGE_ROOT, "studies/phantom.yaml"));
    expect(states(await modelNeeds(study, {}))).toEqual({ model: "ready" });
  });
});

describe("diskNeed", () => {
  it("looks at the disk that the folder would lie on", async () => {
    const { config } = await paper();
    expect((await diskNeed(path.join(scratch, "not/yet/there"), workloadOf(config))).detail).toMatch(
      /^at most [\d.]+ GB of [\d.]+ GB free in /,
    );
    const huge = { ...workloadOf(config), images: 1e12 };
    expect((await diskNeed(scratch, huge)).state).toBe("missing");
  });
});
