import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Study } from "../load-study.ts";
import { localModelFolder } from "../model-source.ts";
import { type Need, ready } from "./need.ts";

/** Owners whose models the hub gives out only to an account that has accepted their terms. */
const GATED = /^google\/(medgemma|gemma|paligemma)/i;

/**
 * Whether the model can be loaded: a local folder, a hub snapshot in the cache, or the hub. Says whether a token is
 * needed, and whether the study could run offline.
 * @param environment the process's variables: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE
 */
export async function modelNeeds(
  study: Pick<Study, "config" | "file">,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Need[]> {
  const { source, revision } = study.config.model;
  const folder = localModelFolder(study);
  if (folder !== null) return [ready("model", `${folder}; no network needed`)];
  const home = environment.HF_HOME ?? path.join(os.homedir(), ".cache/huggingface");
  const cache = environment.HF_HUB_CACHE ?? path.join(home, "hub");
  const snapshots = path.join(cache, `models--${source.replaceAll("/", "--")}`, "snapshots");
  const cached = await readdir(snapshots).catch(() => []);
  if (cached.length > 0)
    return [
      ready("model", `${source} in ${snapshots} (${cached.join(", ")}); HF_HUB_OFFLINE=1 runs it offline`),
    ];
  const page = `https://huggingface.co/${source}`;
  if (isOn(environment.HF_HUB_OFFLINE))
    return [
      {
        name: "model",
        state: "missing",
        detail: `${source} is not in ${cache}, and HF_HUB_OFFLINE is set`,
        remedy: `download it on a machine with network (${page}) and copy it, or unset HF_HUB_OFFLINE`,
      },
    ];
  const model: Need = {
    name: "model",
    state: "unknown",
    detail: `${source} at ${revision ?? "?"} is not in ${cache}: the first run downloads it`,
    remedy: `see ${page}`,
  };
  return GATED.test(source) ? [model, tokenNeed(source, page, home, environment)] : [model];
}

function tokenNeed(source: string, page: string, home: string, environment: NodeJS.ProcessEnv): Need {
  const name = "hub token";
  if ((environment.HF_TOKEN ?? "") !== "") return ready(name, "HF_TOKEN is set");
  const file = environment.HF_TOKEN_PATH ?? path.join(home, "token");
  if (existsSync(file)) return ready(name, file);
  return {
    name,
    state: "missing",
    detail: `${source} is gated, and neither HF_TOKEN nor ${file} holds a token`,
    remedy: `accept its terms at ${page}, then set HF_TOKEN to a token of https://huggingface.co/settings/tokens`,
  };
}

const isOn = (value: string | undefined): boolean =>
  ["1", "true", "yes", "on"].includes((value ?? "").toLowerCase());
