import { cacheFolder } from "./cache-folder.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import { checkEngine } from "./doctor-engine.ts";
import { checkNode, checkNodeModules, checkPython, mendEnvironment } from "./doctor-installation.ts";
import { checkDisk, checkMemory } from "./doctor-machine.ts";
import { NEEDED_BYTES } from "./install-environment.ts";
import { placeEnvironment } from "./python-environment.ts";

/** Everything that a working chexreason needs, looked at. JSON-ready. */
export interface DoctorReport {
  readonly schema: "chexreason.doctor/1";
  /** No check is a fault. */
  readonly ok: boolean;
  /** Always the same checks in the same order: node, node-modules, python, disks, memory, engine, device, kernels. */
  readonly checks: readonly DoctorCheck[];
}

export interface ExamineOptions {
  /** The working folder, where studies go. Default: the process's. */
  readonly folder?: string;
  /** Hears the log of the engine that is started, line by line. */
  readonly log?: (line: string) => void;
}

/** Looks at everything, starts an engine for a moment and has its kernels compiled into the cache folder; installs nothing. */
export async function examine({
  folder = process.cwd(),
  log = () => {},
}: ExamineOptions = {}): Promise<DoctorReport> {
  const place = await placeEnvironment();
  const python = await checkPython(place);
  const checks = [
    checkNode(),
    checkNodeModules(),
    python,
    await checkDisk(
      "disk-cache",
      cacheFolder(),
      place.isComplete ? 0 : NEEDED_BYTES,
      "set XDG_CACHE_HOME to a writable folder on a larger disk",
    ),
    await checkDisk("disk-work", folder, 0, "work in a writable folder on a larger disk"),
    checkMemory(),
    ...(await checkEngine(python, mendEnvironment(place), log)),
  ];
  return reportOf(checks);
}

/** The report that checks add up to. */
export function reportOf(checks: readonly DoctorCheck[]): DoctorReport {
  const ok = checks.every(({ outcome }) => outcome !== "fault");
  return { schema: "chexreason.doctor/1", ok, checks };
}

/** The report for people: one line a check, and one that sums up. */
export function renderDoctor({ checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, outcome, detail, remedy }) => {
    const line = `${outcome.padEnd("warning".length)}  ${name.padEnd(width)}  ${detail}`;
    return remedy === undefined ? line : `${line}: ${remedy}`;
  });
  const count = (wanted: DoctorCheck["outcome"]) => checks.filter(({ outcome }) => outcome === wanted).length;
  const counted = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const [faults, warnings] = [count("fault"), count("warning")];
  const summary =
    faults + warnings === 0
      ? "everything is in order"
      : `${counted(faults, "fault")}, ${counted(warnings, "warning")}`;
  return `${[...lines, summary].join("\n")}\n`;
}
