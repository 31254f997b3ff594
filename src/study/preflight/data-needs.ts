import { stat } from "node:fs/promises";
import path from "node:path";
import type { DataConfig } from "../schema/data.ts";
import type { StudyConfig } from "../schema/study.ts";
import { type Need, ready } from "./need.ts";

/** Where each hospital's files are had. */
const PAGES: Readonly<Record<Exclude<DataConfig["kind"], "phantom">, string>> = {
  mimic: "https://physionet.org/content/mimic-cxr-jpg/ (credentialed access)",
  chexpert: "https://stanfordmlgroup.github.io/competitions/chexpert/ (registration)",
  nih: "https://nihcc.app.box.com/v/ChestXray-NIHCC",
  folder: "a folder of your own",
};

/** Whether every hospital's folder is there. What lies in it is read when the study runs. */
export function dataNeeds({ data }: Pick<StudyConfig, "data">): Promise<Need[]> {
  return Promise.all(Object.entries(data).map(([name, source]) => dataNeed(name, source)));
}

async function dataNeed(hospital: string, source: DataConfig): Promise<Need> {
  const name = `data ${hospital}`;
  if (source.kind === "phantom") return ready(name, `${source.images} images, drawn by the study`);
  const root = path.resolve(source.root);
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory()) return ready(name, root);
  return {
    name,
    state: "missing",
    detail: `${root} is ${found === null ? "not there" : "no folder"}`,
    remedy: `give it by --set data.${hospital}.root=FOLDER; had at ${PAGES[source.kind]}`,
  };
}
