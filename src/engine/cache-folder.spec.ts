import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("cacheFolder", () => {
  it("follows XDG_CACHE_HOME, and takes an empty one for unset", () => {
    vi.stubEnv("XDG_CACHE_HOME", "/somewhere");
    expect(cacheFolder()).toBe(path.join("/somewhere", "chexreason"));
    vi.stubEnv("XDG_CACHE_HOME", "");
    expect(cacheFolder()).toBe(path.join(os.homedir(), ".cache/chexreason"));
  });
});
