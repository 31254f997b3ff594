import { describe, expect, it } from "vitest";
import { timeParts } from "./time-parts.ts";

describe("timeParts", () => {
  const times = {
    seconds: 10,
    processorSeconds: null,
    verbs: { prepare: 1.1, sample: 4.1, forward: 3.1, backward: 1.1, step: 0.2 },
    engine: {
      Prepare: 1,
      Sample: 4,
      "Sample.prefill": 0.5,
      Forward: 3,
      "Forward.backward": 1,
      Backward: 1,
      Step: 0.1,
      Tokenize: 0.05,
    },
  };

  it("gives parts that add up to the whole", () => {
    const parts = timeParts(times, 0.1);
    expect(Object.values(parts).reduce((sum, value) => sum + value, 0)).toBeCloseTo(10, 12);
  });

  it("takes a verb's parts out of the verb, and transport from both ends of the wire", () => {
    const parts = timeParts(times, 0.1);
    expect(parts.prefill).toBe(0.5);
    expect(parts.decode).toBe(3.5);
    expect(parts.forward).toBe(2);
    expect(parts.backward).toBe(2);
    expect(parts.transport).toBeCloseTo(9.6 - 9.15, 12);
    expect(parts.TypeScript).toBeCloseTo(0.3, 12);
  });
});
