import { readFileSync } from "node:fs";

/** What Linux counts processor time by, on all of its architectures: USER_HZ, hundredths of a second. */
const TICKS_A_SECOND = 100;

/**
 * Processor time (seconds, all threads) of this process and another; null where there is no /proc. Beside other work it is
 * steadier than the clock on the wall; threads that wait by spinning count in full.
 */
export function processorSeconds(pid: number): number | null {
  const { user, system } = process.cpuUsage();
  try {
    // The second field, the command's name in parentheses, may hold spaces: count from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return null;
  }
}
