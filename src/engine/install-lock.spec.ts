import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { lockInstallation } from "./install-lock.ts";

const root = scratchFolder();

describe("lockInstallation", () => {
  it("names its holder, makes missing folders and gives itself back", async () => {
    const folder = path.join(root, "new/cache/python");
    const unlock = await lockInstallation(folder, () => {});
    expect(readFileSync(`${folder}.lock`, "utf8")).toBe(`${process.pid} ${os.hostname()}`);
    await unlock();
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  it("lets one in at a time, and says once what it waits for", async () => {
    const folder = path.join(root, "python-shared");
    const said: string[] = [];
    const order: string[] = [];
    const unlock = await lockInstallation(folder, () => {});
    const second = lockInstallation(folder, (line) => said.push(line)).then((unlock) => {
      order.push("second in");
      return unlock();
    });
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    order.push("first out");
    await unlock();
    await second;
    expect(order).toEqual(["first out", "second in"]);
    expect(said).toEqual([expect.stringContaining(`${folder}.lock`)]);
  });

  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  const hourAgo = new Date(Date.now() - 3_600_000);
  it.each([
    ["a process that is gone", `${gone} ${os.hostname()}`, new Date()],
    ["another machine, long ago", `${process.pid} another-machine`, hourAgo],
    ["nobody named, long ago", "", hourAgo],
  ])("takes over the lock of %s", async (_, content, modified) => {
    const folder = path.join(root, "python-left");
    writeFileSync(`${folder}.lock`, content);
    utimesSync(`${folder}.lock`, modified, modified);
    const said: string[] = [];
    const unlock = await lockInstallation(folder, (line) => said.push(line));
    expect(said).toEqual([]);
    await unlock();
  });

  it.each([
    ["this machine's living process, even after long", `${process.pid} ${os.hostname()}`, hourAgo],
    ["another machine's, lately", `${gone} another-machine`, new Date()],
    ["one that is being written", "", new Date()],
  ])("respects the lock of %s", async (_, content, modified) => {
    const folder = path.join(root, "python-held");
    writeFileSync(`${folder}.lock`, content);
    utimesSync(`${folder}.lock`, modified, modified);
    const said: string[] = [];
    const waiting = lockInstallation(folder, (line) => said.push(line));
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readFileSync(`${folder}.lock`, "utf8")).toBe(content);
    writeFileSync(`${folder}.lock`, `${gone} ${os.hostname()}`); // lets it go on
    await (await waiting)();
  });

  it("says what to do when it cannot be made", async () => {
    const file = path.join(root, "a-file");
    writeFileSync(file, "");
    await expect(lockInstallation(path.join(file, "python"), () => {})).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/a-file.*cannot be made.*XDG_CACHE_HOME/),
    });
  });
});
