import { describe, expect, it } from "vitest";
import { jumpingClock } from "../testing/scripted-model.ts";
import { pauseGate, systemClock } from "./clock.ts";

describe("pauseGate", () => {
  it("is open at first, and shut for the longest of the waits asked for", async () => {
    const clock = jumpingClock();
    const gate = pauseGate(clock);
    await gate.pass();
    expect(clock.slept).toEqual([]);
    gate.shut(500);
    gate.shut(200);
    await gate.pass();
    await gate.pass();
    expect(clock.slept).toEqual([500]);
  });

  it("lets a run that was stopped through", async () => {
    const gate = pauseGate(systemClock);
    gate.shut(1e9);
    const stop = new AbortController();
    const passing = gate.pass(stop.signal);
    stop.abort();
    await passing;
  });
});
