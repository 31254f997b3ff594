import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import { lockStudy } from "./study-lock.ts";

const root = scratchFolder();
let folder = "";
let lock = "";
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(root, "case-")), "study");
  lock = path.join(folder, "study.lock");
});

/** A lock as the process of that number would have left it. */
async function leaveLock(content: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(lock, content);
}

/** Runs a process that does nothing until it is told to end. */
async function withProcess(work: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await once(child, "spawn");
  try {
    await work(child.pid ?? 0);
  } finally {
    child.stdin.end();
    await once(child, "exit");
  }
}

describe("lockStudy", () => {
  it("makes the folder, holds it by this process's number, and gives it back", async () => {
    const unlock = await lockStudy(folder);
    expect(await readFile(lock, "utf8")).toBe(String(process.pid));
    expect(await readdir(folder)).toEqual(["study.lock"]);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
    await (await lockStudy(folder))();
  });

  it("is refused while another process works there, and that lock stays", async () => {
    await withProcess(async (pid) => {
      await leaveLock(String(pid));
      const refused = await lockStudy(folder).catch((error: unknown) => error);
      expect(refused).toEqual(
        new UserError(`${folder} is being worked on by process ${pid}: wait for it, or give another folder`),
      );
      expect(await readFile(lock, "utf8")).toBe(String(pid));
      expect(await readdir(folder)).toEqual(["study.lock"]);
    });
  });

  it("takes over from a process that is gone", async () => {
    let gone = 0;
    await withProcess(async (pid) => {
      gone = pid;
    });
    await leaveLock(String(gone));
    const unlock = await lockStudy(folder);
    expect(await readFile(lock, "utf8")).toBe(String(process.pid));
    await unlock();
  });

  it.each([
    ["an earlier process of the same number, as in a container", String(process.pid)],
    ["nobody", ""],
    ["what is no process", "-1"],
    ["something else", "not a number"],
  ])("takes over from %s", async (_name, content) => {
    await leaveLock(content);
    await (await lockStudy(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it("lets one of many runs of this process have the folder, and the next one afterwards", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockStudy(folder)));
    const unlocks = tries.flatMap((tried) => (tried.status === "fulfilled" ? [tried.value] : []));
    expect(unlocks).toHaveLength(1);
    await expect(lockStudy(`${folder}/.`)).rejects.toThrow(`by process ${process.pid}`);
    await unlocks[0]?.();
    await (await lockStudy(folder))();
  });

  it("can be tried again after it failed for another reason", async () => {
    await writeFile(folder, "a file where the folder should be");
    await expect(lockStudy(folder)).rejects.toThrow("EEXIST");
    await expect(lockStudy(folder)).rejects.toThrow("EEXIST");
  });
});
