import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { messageOf } from "../util/user-error.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import type { EngineDescription } from "./engine.ts";
import { type LaunchedEngine, launchEngine } from "./launch-engine.ts";
import { ensurePython } from "./python-environment.ts";
import { pythonVariables } from "./python-variables.ts";

const run = promisify(execFile);

/** Present where Linux has loaded NVIDIA's driver. */
const NVIDIA_DRIVER = "/proc/driver/nvidia/version";

/**
 * Whether an engine starts and answers, and what it computes on.
 * @param python the check of the environment it would start in; when that is at fault, no engine is started
 * @param mend what to do when a sound environment's engine does not start
 */
export async function checkEngine(
  python: DoctorCheck,
  mend: string,
  log: (line: string) => void,
): Promise<readonly [engine: DoctorCheck, device: DoctorCheck, kernels: DoctorCheck]> {
  const unknown = (name: string): DoctorCheck => ({
    name,
    outcome: "warning",
    detail: "not known: the engine did not start",
  });
  if (python.outcome === "fault") {
    const detail = "not started: its Python environment is at fault";
    return [
      { name: "engine", outcome: "fault", detail, remedy: python.remedy ?? mend },
      unknown("device"),
      unknown("kernels"),
    ];
  }
  let launched: LaunchedEngine | null = null;
  try {
    launched = await launchEngine({ log });
    const description = await launched.engine.describe();
    const kernels = description.device === "cpu" ? await compileKernels() : description.kernels;
    return [
      engineCheck(description),
      deviceCheck(description.device, existsSync(NVIDIA_DRIVER), description.gpus),
      kernelsCheck(description.device, kernels),
    ];
  } catch (error) {
    // The message sends its reader here.
    const detail = messageOf(error).replace(/: run `chexreason doctor`$/, "");
    return [
      { name: "engine", outcome: "fault", detail, remedy: mend },
      unknown("device"),
      unknown("kernels"),
    ];
  } finally {
    await launched?.close();
  }
}

function engineCheck({ engine, contract, versions, rankBackends }: EngineDescription): DoctorCheck {
  const list = Object.entries(versions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => `${name} ${version}`);
  const ranks =
    rankBackends.length === 0
      ? "one rank alone, since this torch has no gloo"
      : `several ranks by ${rankBackends.join(" and ")}`;
  const detail = `starts and answers: chexengine ${engine}, contract ${contract}, ${list.join(", ")}; ${ranks}`;
  return { name: "engine", outcome: "ok", detail };
}

/** Has the kernels compiled as the first Load would: a compiler may be there and fail. The compiler, or `none: ` and why. */
async function compileKernels(): Promise<string> {
  const { executable } = await ensurePython(() => {});
  const { stdout } = await run(executable, ["-m", "chexengine.kernel_build"], { env: pythonVariables() });
  return stdout.trim();
}

/** Whether small models have compiled loops on the CPU; they need a C compiler, and nothing else does. */
export function kernelsCheck(device: string, kernels: string): DoctorCheck {
  const name = "kernels";
  if (device !== "cpu") return { name, outcome: "ok", detail: "not needed on a GPU" };
  if (!kernels.startsWith("none")) return { name, outcome: "ok", detail: `compiled by ${kernels}` };
  return {
    name,
    outcome: "warning",
    detail: `${kernels}; a small model trains at about half the speed on the CPU, and samples at a quarter`,
    remedy: "install gcc or clang",
  };
}

/** What the engine computes on; a driver without a torch that uses it is worth a word. */
export function deviceCheck(device: string, hasDriver: boolean, gpus = 1): DoctorCheck {
  const name = "device";
  if (device !== "cpu" && gpus > 1)
    return {
      name,
      outcome: "ok",
      detail: `${device}, one of ${gpus} GPUs: model.ranks ${gpus} uses them all`,
    };
  if (device !== "cpu") return { name, outcome: "ok", detail: device };
  if (!hasDriver) return { name, outcome: "ok", detail: "CPU; no GPU is seen" };
  return {
    name,
    outcome: "warning",
    detail: "CPU, though there is an NVIDIA driver: the engine's torch does not use it",
    remedy: "set CHEXREASON_PYTHON to a Python whose torch has CUDA, or see `nvidia-smi`",
  };
}
