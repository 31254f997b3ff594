import { mkdir, open, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../util/user-error.ts";

/** Takes a study folder for this process; returns what gives it back. A lock whose process is gone is taken over. */
export async function lockStudy(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "study.lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = await open(file, "wx");
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(await readFile(file, "utf8").catch(() => ""));
      if (isAlive(holder))
        throw new UserError(
          `${folder} is being worked on by process ${holder}: wait for it, or give another folder`,
        );
      await rm(file, { force: true });
    }
  }
  throw new UserError(`${file} cannot be taken: another process took it at the same moment; run again`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
