import { readFileSync } from "node:fs";

/** Whether a process runs. A zombie, which has ended and only waits for its parent to notice, does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    // "pid (name) state ...", where the name may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^.*\) [ZX]/s.test(stat);
  } catch {
    return false; // gone meanwhile
  }
}
