import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ForwardRequestSchema, LoadRequestSchema } from "./gen/engine_pb.ts";
import { toForwardRequest, toLoadRequest } from "./wire-requests.ts";

describe("toLoadRequest", () => {
  it("leaves everything as the engine has it by itself", () => {
    const request = toLoadRequest({ source: "folder", dtype: "float32" });
    const asked = create(LoadRequestSchema, { source: "folder", dtype: "float32" });
    expect(toBinary(LoadRequestSchema, create(LoadRequestSchema, request))).toEqual(
      toBinary(LoadRequestSchema, asked),
    );
  });

  it.each([
    ["revision", "main", { revision: "main" }],
    ["minVisualTokens", 256, { minVisualTokens: 256 }],
    ["maxVisualTokens", 512, { maxVisualTokens: 512 }],
    ["gradientCheckpointing", true, { gradientCheckpointing: true }],
    ["threads", 2, { threads: 2 }],
    ["seed", 7, { seed: 7n }],
    ["trainable", "full", { trainable: 1 }],
    ["randomWeights", true, { randomWeights: true }],
    ["featureCache", "cache", { featureCache: "cache" }],
    ["plain", true, { plain: true }],
    ["without", ["feature-cache", "shared-prompt"], { without: [2, 1] }],
  ])("carries %s", (name, value, field) => {
    const request = toLoadRequest({ source: "folder", dtype: "float32", [name]: value });
    expect(create(LoadRequestSchema, request)).toMatchObject(field);
  });
});

describe("toForwardRequest", () => {
  const groups = [
    { handle: "a", completions: [[1, 2], [3]] },
    { handle: "b", completions: [[4]] },
  ];

  it("tells dropout by seed 0 from none", () => {
    const none = create(ForwardRequestSchema, toForwardRequest({ groups, adapter: "" }));
    const zero = create(ForwardRequestSchema, toForwardRequest({ groups, adapter: "", dropoutSeed: 0n }));
    expect(none.dropoutSeed).toBeUndefined();
    expect(zero.dropoutSeed).toBe(0n);
  });

  it("puts each gradient beside its tokens", () => {
    const gradients = [[[0.1, 0.2], [0.3]], [[0.4]]];
    const request = toForwardRequest({ groups, adapter: "policy", gradients });
    expect(request.groups.map((group) => group.completions.map(({ gradient }) => gradient))).toEqual(
      gradients,
    );
  });

  it.each([
    ["none at all", [], "group 0"],
    ["a group too few", [[[0.1, 0.2], [0.3]]], "group 1"],
    ["a group too many", [[[0.1, 0.2], [0.3]], [[0.4]], [[0.5]]], "group 2"],
    ["a completion too few", [[[0.1, 0.2]], [[0.4]]], "group 0"],
    ["a token too few", [[[0.1], [0.3]], [[0.4]]], "group 0"],
    ["a token too many", [[[0.1, 0.2], [0.3]], [[0.4, 0.5]]], "group 1"],
  ])("refuses gradients with %s", (_, gradients, where) => {
    expect(() => toForwardRequest({ groups, adapter: "policy", gradients })).toThrow(where);
  });
});
