import { describe, expect, it } from "vitest";
import { byLabel } from "../labels/label.ts";
import {
  type CollapseSettings,
  type CollapseSigns,
  FIRST_MONITOR,
  forgetStreaks,
  isSound,
  type MonitorState,
  watchCollapse,
} from "./collapse-monitor.ts";

const SETTINGS: CollapseSettings = {
  action: "warn",
  entropyFloor: 0.1,
  dominance: 0.7,
  looping: 0.25,
  sameText: 0.5,
  patience: 1,
  restores: 2,
};
const HEALTHY: CollapseSigns = {
  entropy: 1,
  answers: 64,
  labelShares: byLabel(() => 0.3),
  looping: 0,
  sameText: 0,
};
const named = (share: number) => ({ ...byLabel(() => 0.3), "Support Devices": share });

/** Alarms raised, rollout by rollout, and the last state. */
function watch(rollouts: readonly Partial<CollapseSigns>[], settings: Partial<CollapseSettings> = {}) {
  let state: MonitorState = FIRST_MONITOR;
  const fresh: string[][] = [];
  const standing: string[][] = [];
  const details: string[] = [];
  for (const signs of rollouts) {
    const next = watchCollapse(state, { ...HEALTHY, ...signs }, { ...SETTINGS, ...settings });
    state = next.state;
    fresh.push(next.fresh.map(({ rule }) => rule));
    standing.push(next.standing.map(({ rule }) => rule));
    details.push(...next.fresh.map(({ detail }) => detail));
  }
  return { state, fresh, standing, details };
}

describe("watchCollapse", () => {
  it("says nothing of a healthy rollout", () => {
    const { standing, state } = watch([{}, {}]);
    expect(standing).toEqual([[], []]);
    expect(isSound(state)).toBe(true);
  });

  it("holds entropy to the first rollout's", () => {
    const { fresh, details } = watch([{ entropy: 2 }, { entropy: 0.2 }, { entropy: 0.19 }]);
    expect(fresh).toEqual([[], [], ["entropy drop"]]);
    expect(details).toEqual(["entropy 0.190 nats, at first 2.000"]);
    expect(watch([{ entropy: 0.001 }]).fresh).toEqual([[]]);
    expect(watch([{ entropy: 2 }, { entropy: null }]).fresh).toEqual([[], []]);
  });

  it("names a label above the bound, not at it, and not where few answers could be read", () => {
    expect(watch([{ labelShares: named(0.7) }]).fresh).toEqual([[]]);
    expect(watch([{ labelShares: named(0.71) }])).toMatchObject({
      fresh: [["one label"]],
      details: ["Support Devices in 0.71 of the answers"],
    });
    expect(watch([{ labelShares: named(1), answers: 19 }]).fresh).toEqual([[]]);
  });

  it("sees texts that repeat themselves or each other", () => {
    expect(watch([{ looping: 0.26, sameText: 0.51 }]).fresh).toEqual([["looping text", "same text"]]);
    expect(watch([{ looping: 0.25, sameText: 0.5 }]).fresh).toEqual([[]]);
  });

  it("waits for as many rollouts in a row as asked, says it once, and starts anew after a break", () => {
    const bad = { labelShares: named(0.9) };
    const { fresh, standing } = watch([bad, bad, {}, bad, bad, bad, bad], { patience: 3 });
    expect(fresh).toEqual([[], [], [], [], [], ["one label"], []]);
    expect(standing).toEqual([[], [], [], [], [], ["one label"], ["one label"]]);
  });

  it("is not sound while a rule holds, also before it has held long enough", () => {
    const { state } = watch([{ looping: 1 }], { patience: 3 });
    expect(isSound(state)).toBe(false);
    const after = forgetStreaks(state);
    expect(isSound(after)).toBe(true);
    expect(after.firstEntropy).toBe(1);
  });
});
