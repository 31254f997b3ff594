import { BinaryReader } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";
import { eventFile } from "./event-file.ts";
import { scalarsOf } from "./write-tensorboard.ts";

describe("crc32c", () => {
  it("gives the published check values", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    // RFC 3720, appendix B.4: 32 bytes of zeros, and of ones.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });
});

describe("eventFile", () => {
  const bytes = Buffer.from(eventFile([{ tag: "rollout/reward", step: 3, value: 0.25 }]));

  it("is a row of records, each with its length", () => {
    const first = Number(bytes.readBigUInt64LE(0));
    expect(bytes.subarray(12, 12 + first).toString("latin1")).toContain("brain.Event:2");
    const second = 12 + first + 4;
    const length = Number(bytes.readBigUInt64LE(second));
    expect(bytes.length).toBe(second + 12 + length + 4);
    const reader = new BinaryReader(bytes.subarray(second + 12, second + 12 + length));
    expect([reader.tag(), reader.double(), reader.tag(), Number(reader.int64())]).toEqual([
      [1, 1],
      3,
      [2, 0],
      3,
    ]);
  });

  it("begins as TensorFlow's own writer begins: a header of 24 bytes, and the mask of its CRC", () => {
    // tf.summary writes the length's masked CRC of a record of 24 bytes as a3 7f 4b 22.
    const of24 = Buffer.from("1800000000000000", "hex");
    const crc = crc32c(of24);
    const masked = ((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) >>> 0;
    expect(masked.toString(16)).toBe("224b7fa3");
  });
});

describe("scalarsOf", () => {
  it("takes every number, averages updates, and leaves out what was not finite", () => {
    const rollout = {
      kind: "rollout",
      rollout: 2,
      step: 8,
      reward: 0.5,
      components: { jaccard: 0.6 },
      failures: {},
      updates: [
        { kl: 1, gradientNorm: null },
        { kl: 3, gradientNorm: 4 },
      ],
    };
    expect(
      Object.fromEntries(scalarsOf([rollout]).map(({ tag, value, step }) => [tag, [step, value]])),
    ).toEqual({
      "rollout/rollout": [2, 2],
      "rollout/step": [2, 8],
      "rollout/reward": [2, 0.5],
      "rollout/components/jaccard": [2, 0.6],
      "rollout/updates/kl": [2, 2],
      "rollout/updates/gradientNorm": [2, 4],
    });
    expect(scalarsOf([{ kind: "step", step: 4, loss: 1.5 }, "no row"])).toEqual([
      { tag: "step/step", step: 4, value: 4 },
      { tag: "step/loss", step: 4, value: 1.5 },
    ]);
  });
});
