import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { messageOf } from "../util/user-error.ts";
import { type DoctorCheck, SETUP } from "./doctor-check.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import type { EnvironmentPlace } from "./python-environment.ts";
import { isOlder, packageFaults, packageVersions } from "./python-packages.ts";

const packageSchema = z.object({ engines: z.object({ node: z.string().regex(/^>=[\d.]+$/) }) });

/** Node's version against the one that package.json asks for. */
export function checkNode(version = process.versions.node): DoctorCheck {
  const { engines } = packageSchema.parse(
    JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "package.json"), "utf8")),
  );
  const oldest = engines.node.slice(2);
  const name = "node";
  const detail = `Node ${version}, ${oldest} or newer needed`;
  return isOlder(version, oldest)
    ? { name, outcome: "fault", detail, remedy: `install Node ${oldest} or newer` }
    : { name, outcome: "ok", detail };
}

/** Whether node_modules is what package-lock.json says, by the stamp that scripts/setup.js leaves. */
export function checkNodeModules(root = PACKAGE_ROOT): DoctorCheck {
  const name = "node-modules";
  const lockFile = path.join(root, "package-lock.json");
  if (!existsSync(lockFile)) return { name, outcome: "ok", detail: "installed as a package, by npm" };
  const stamp = path.join(root, "node_modules/.chexreason-lock");
  if (!existsSync(stamp))
    return {
      name,
      outcome: "warning",
      detail: `${path.dirname(stamp)} was not made by ${SETUP}: versions may differ from the locked ones`,
      remedy: SETUP,
    };
  const lock = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  if (readFileSync(stamp, "utf8") === lock)
    return { name, outcome: "ok", detail: "as package-lock.json says" };
  return {
    name,
    outcome: "fault",
    detail: `package-lock.json has changed since ${path.dirname(stamp)} was installed`,
    remedy: SETUP,
  };
}

/** What to do about an environment that is there but does not work. */
export function mendEnvironment({ folder }: EnvironmentPlace): string {
  return folder === null
    ? "correct CHEXREASON_PYTHON, or unset it to use the locked environment"
    : `delete ${folder}, then ${SETUP}`;
}

/** The Python environment: where it is, whose, and its versions. Makes nothing. */
export async function checkPython(place: EnvironmentPlace): Promise<DoctorCheck> {
  const { executable, folder, isComplete } = place;
  const name = "python";
  if (!isComplete)
    return { name, outcome: "fault", detail: `no Python environment in ${folder}`, remedy: SETUP };
  const whose = folder === null ? "your own (CHEXREASON_PYTHON)" : "locked";
  let versions: Record<string, string | null>;
  try {
    versions = await packageVersions(executable);
  } catch (error) {
    const detail = `${whose}: ${messageOf(error)}`;
    return { name, outcome: "fault", detail, remedy: mendEnvironment(place) };
  }
  const faults = packageFaults(versions);
  if (faults.length > 0)
    return {
      name,
      outcome: "fault",
      detail: `${whose}, ${executable}: lacks ${faults.join(", ")}`,
      remedy: `${folder === null ? "install them there, or " : ""}${mendEnvironment(place)}`,
    };
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return { name, outcome: "ok", detail: `${whose}, ${executable}: ${list.join(", ")}` };
}
