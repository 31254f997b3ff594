import { describe, expect, it } from "vitest";
import { watchEngine } from "./engine-watch.ts";

/** An engine process that ends when told, and counts how often it was killed. */
function fakeProcess() {
  let end: (why: string) => void = () => {};
  let kills = 0;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const process = {
    name: "the engine",
    pid: 7,
    launchId: "ours",
    ended,
    kill: () => {
      kills += 1;
    },
  };
  return { process, end: (why: string) => end(why), kills: () => kills };
}

const silence = (deadlineMs: number) =>
  new Promise<string>((_, reject) => setTimeout(() => reject(new Error("deadline")), deadlineMs));

describe("watchEngine", () => {
  it("says dead, and why, when the process ends", async () => {
    const { process, end } = fakeProcess();
    const watch = watchEngine(process, async () => "ours", 1_000, 1);
    end("ended with SIGKILL: the last line of its log");
    await expect(watch.lost).rejects.toMatchObject({
      fault: "dead",
      message:
        "the engine (process 7) ended with SIGKILL: the last line of its log: run again, the work goes on from the last checkpoint",
    });
  });

  it("says dead when heartbeats fail because the process has ended", async () => {
    const { process, end, kills } = fakeProcess();
    const watch = watchEngine(
      process,
      async () => {
        setTimeout(() => end("ended with exit code 1"), 50);
        throw new Error("connection refused");
      },
      0,
      1,
    );
    await expect(watch.lost).rejects.toMatchObject({ fault: "dead" });
    expect(kills()).toBe(0);
  });

  it("says foreign when another launch answers", async () => {
    const watch = watchEngine(fakeProcess().process, async () => "theirs", 1_000, 1);
    await expect(watch.lost).rejects.toMatchObject({
      fault: "foreign",
      message: expect.stringContaining("theirs"),
    });
  });

  it("says hung after silence, asked twice, and ends the process", async () => {
    const { process, kills } = fakeProcess();
    let asked = 0;
    const watch = watchEngine(
      process,
      (deadlineMs) => {
        asked += 1;
        return silence(deadlineMs);
      },
      20,
      1,
    );
    await expect(watch.lost).rejects.toMatchObject({ fault: "hung", exitCode: 3 });
    expect(asked).toBe(2);
    expect(kills()).toBe(1);
  });

  it("forgives a silence that is followed by an answer, each time", async () => {
    const { process, end, kills } = fakeProcess();
    let asked = 0;
    const watch = watchEngine(
      process,
      async (deadlineMs) => {
        asked += 1;
        if (asked === 1 || asked === 3) return silence(deadlineMs);
        if (asked === 5) end("ended as it should");
        return "ours";
      },
      20,
      1,
    );
    await expect(watch.lost).rejects.toMatchObject({ fault: "dead" });
    expect(asked).toBe(5);
    expect(kills()).toBe(0);
  });

  it("takes failures soon after an answer for no silence", async () => {
    const { process, end, kills } = fakeProcess();
    const hungAfterMs = 5_000;
    let asked = 0;
    const watch = watchEngine(
      process,
      async () => {
        asked += 1;
        // Answered late, so that the time before it alone would make a silence.
        if (asked === 1) await new Promise((resolve) => setTimeout(resolve, hungAfterMs));
        if (asked === 2 || asked === 3) throw new Error("connection reset");
        if (asked === 4) end("ended as it should");
        return "ours";
      },
      hungAfterMs,
      1,
    );
    await expect(watch.lost).rejects.toMatchObject({ fault: "dead" });
    expect(asked).toBe(4);
    expect(kills()).toBe(0);
  });

  it("is silent once stopped", async () => {
    const { process, end } = fakeProcess();
    const watch = watchEngine(process, async () => "theirs", 1_000, 1);
    watch.stop();
    end("ended");
    const outcome = await Promise.race([
      watch.lost.catch(() => "lost"),
      new Promise((resolve) => setTimeout(resolve, 50, "silent")),
    ]);
    expect(outcome).toBe("silent");
  });
});
