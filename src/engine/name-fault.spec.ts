import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { EngineFault } from "./engine-error.ts";
import { mayBeDeath, nameFault } from "./name-fault.ts";

const CASES: [Code, EngineFault, 1 | 3][] = [
  [Code.NotFound, "unknown", 1],
  [Code.InvalidArgument, "refused", 1],
  [Code.FailedPrecondition, "refused", 1],
  [Code.ResourceExhausted, "out-of-memory", 1],
  [Code.Internal, "failed", 1],
  [Code.Unknown, "failed", 1],
  [Code.Unauthenticated, "foreign", 3],
  [Code.Unimplemented, "foreign", 3],
  [Code.Unavailable, "dead", 3],
  [Code.Aborted, "dead", 3],
  [Code.Canceled, "dead", 3],
];

describe("nameFault", () => {
  it.each(CASES)("names code %i %s, with exit code %i", (code, fault, exitCode) => {
    const cause = new ConnectError("Step: the\nreason", code);
    const named = nameFault(cause);
    expect(named).toMatchObject({ fault, exitCode, cause });
    expect(named.message).toContain("Step: the reason");
  });

  it("knows a program that does not speak HTTP/2", () => {
    const cause = Object.assign(new Error("Protocol error"), { code: "ERR_HTTP2_ERROR" });
    const error = new ConnectError("Protocol error", Code.Internal, undefined, undefined, cause);
    expect(nameFault(error).fault).toBe("foreign");
  });
});

describe("mayBeDeath", () => {
  it("tells broken connections and answers cut in half from the engine's own errors", () => {
    const codes = CASES.map(([code]) => code).filter((code) => mayBeDeath(new ConnectError("x", code)));
    expect(codes).toEqual([Code.Internal, Code.Unknown, Code.Unavailable, Code.Aborted, Code.Canceled]);
  });
});
