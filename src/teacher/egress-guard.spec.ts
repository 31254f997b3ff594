import { describe, expect, it } from "vitest";
import { LICENCE_CLASSES } from "../datasets/record.ts";
import { decideEgress, type EgressAttestation, isLoopback, refuseUnattested } from "./egress-guard.ts";

const API = new URL("https://generativelanguage.googleapis.com/v1beta");
const who = { host: API.host, who: "the data officer", date: "2026-01-31" };
const ATTESTED: EgressAttestation = { ...who, zeroRetention: true, noTraining: true, noHumanReview: true };
const outcome = (
  licence: (typeof LICENCE_CLASSES)[number],
  url: URL,
  attestation: EgressAttestation | null,
) => decideEgress(licence, url, attestation).outcome;

describe("decideEgress", () => {
  it("lets synthetic and open data go anywhere, and no other without an attestation", () => {
    expect(LICENCE_CLASSES.map((licence) => [licence, outcome(licence, API, null)])).toEqual([
      ["synthetic", "allowed"],
      ["open", "allowed"],
      ["no-redistribution", "refused"],
      ["credentialed", "refused"],
    ]);
  });

  it.each([
    "http://127.0.0.1:8000/v1",
    "http://127.9.9.9/",
    "http://localhost:1/",
    "http://[::1]:8000/v1",
    "http://2130706433/",
  ])("lets everything stay on this machine: %s", (address) => {
    for (const licence of LICENCE_CLASSES) expect(outcome(licence, new URL(address), null)).toBe("allowed");
  });

  it.each([
    "http://localhost.example.org/",
    "http://127.0.0.1.example.org/",
    "http://0.0.0.0:8000/",
    "http://192.168.0.7/",
    "http://[::ffff:127.0.0.1]/",
    "http://[fe80::1]/",
    "http://example.org/127.0.0.1",
  ])("does not take %s for this machine", (address) => {
    expect(isLoopback(new URL(address).hostname)).toBe(false);
    expect(outcome("credentialed", new URL(address), null)).toBe("refused");
  });

  it("takes an attestation for its own host, by TLS, and says whose it is", () => {
    expect(decideEgress("credentialed", API, ATTESTED)).toEqual({
      outcome: "allowed",
      because: "attested by the data officer on 2026-01-31: no retention, training or human review",
      loopbackOnly: false,
    });
    expect(decideEgress("credentialed", new URL("https://other.example/v1"), ATTESTED)).toMatchObject({
      outcome: "refused",
      because: expect.stringContaining("the attestation is for generativelanguage.googleapis.com"),
    });
    expect(outcome("credentialed", new URL(`https://${API.host}:8443/`), ATTESTED)).toBe("refused");
    expect(outcome("credentialed", new URL(`http://${API.host}/`), ATTESTED)).toBe("refused");
  });

  it("takes a machine on the premises without TLS", () => {
    const attestation: EgressAttestation = { ...who, host: "gpu.hospital:8000", onPremises: true };
    expect(decideEgress("credentialed", new URL("http://gpu.hospital:8000/v1"), attestation)).toMatchObject({
      outcome: "allowed",
      because: "attested by the data officer on 2026-01-31: on premises",
    });
    expect(outcome("credentialed", new URL("http://gpu.hospital:8001/v1"), attestation)).toBe("refused");
  });
});

describe("refuseUnattested", () => {
  it("names the class, how many, and what to do", () => {
    const records = (["open", "credentialed", "credentialed"] as const).map((licence) => ({ licence }));
    expect(() => refuseUnattested(records, API, null)).toThrow(
      /^credentialed data may not leave this machine, .* for generativelanguage\.googleapis\.com \(2 images\): choose/,
    );
    expect(() => refuseUnattested(records.slice(0, 1), API, null)).not.toThrow();
    expect(() => refuseUnattested(records, API, ATTESTED)).not.toThrow();
  });
});
