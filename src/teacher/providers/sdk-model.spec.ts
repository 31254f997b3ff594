import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeBytes } from "../../images/decode.ts";
import type { CallingSettings } from "../teacher-settings.ts";
import { callingSettings } from "../testing/calling-settings.ts";
import {
  type Behaviour,
  SERVED_USAGE,
  startTeacherServer,
  type TeacherServer,
} from "../testing/teacher-server.ts";
import { geminiProvider } from "./gemini.ts";
import { openaiCompatibleProvider } from "./openai-compatible.ts";
import { type SdkProvider, sdkModel } from "./sdk-model.ts";

const KEY = "canary-key-91c03e77aa";
const picture = { width: 16, height: 16, channels: 1, pixels: new Uint8Array(256).fill(9) } as const;
const call = {
  system: "be careful",
  user: "the findings of the case: Edema",
  picture,
  licence: "open",
  seed: 5,
} as const;
const PROVIDERS = [
  ["gemini", geminiProvider, "/v1beta"],
  ["openai-compatible", openaiCompatibleProvider, "/v1"],
] as const;

let server: TeacherServer;
afterEach(() => server.close());

const answerTo = async (
  behaviour: Behaviour,
  provider: SdkProvider,
  base: string,
  changes: Partial<CallingSettings> = {},
) => {
  server = await startTeacherServer(() => behaviour);
  const settings = callingSettings(`${server.url}${base}`, changes);
  return sdkModel(provider, settings, KEY).ask(call);
};

describe.each(PROVIDERS)("a teacher by %s", (kind, provider, base) => {
  it("is asked in its own wire format, and its answer read with version, number and usage", async () => {
    const outcome = await answerTo({ does: "answer" }, provider, base);
    expect(outcome).toEqual({
      outcome: "answered",
      text: `<think>Picture ${9 + 9 * 256}: the signs favour this reading.</think><solution>Edema</solution>`,
      finish: "stop",
      modelVersion: "served-1",
      responseId: "answer-0",
      usage: SERVED_USAGE,
    });
    const [request] = server.requests;
    if (request === undefined) throw new Error("no request");
    expect(request).toMatchObject({
      kind: kind === "gemini" ? "gemini" : "openai",
      key: KEY,
      model: "served",
      system: "be careful",
      user: call.user,
      maxTokens: 200,
      temperature: 0.7,
    });
    const seen = await decodeBytes(request.png, "sent");
    expect([seen.width, seen.height, seen.sourceChannels]).toEqual([16, 16, 1]);
    expect(Buffer.from(seen.pixels).equals(Buffer.from(picture.pixels))).toBe(true);
  });

  it.each([
    [{ does: "answer", finish: "length" }, "length"],
    [{ does: "answer", finish: "filter" }, "declined"],
  ] as const)("says how the answer ended: %j", async (behaviour, finish) => {
    expect(await answerTo(behaviour, provider, base)).toMatchObject({ outcome: "answered", finish });
  });

  it.each<[Behaviour, string, RegExp, number | null]>([
    [{ does: "limit", retryAfter: "7" }, "rate-limited", /429 slow down/, 7000],
    [{ does: "limit" }, "rate-limited", /429/, null],
    [{ does: "fail", status: 500 }, "unavailable", /500 broken/, null],
    [{ does: "fail", status: 503 }, "unavailable", /503/, null],
    [{ does: "fail", status: 504 }, "lost", /504/, null],
    [{ does: "fail", status: 400 }, "declined", /400/, null],
    [{ does: "fail", status: 413 }, "declined", /413/, null],
    [{ does: "fail", status: 400, message: "API key not valid" }, "refused", /API key not valid/, null],
    [{ does: "fail", status: 401 }, "refused", /401/, null],
    [{ does: "fail", status: 404 }, "refused", /404/, null],
    [{ does: "reset" }, "lost", /./, null],
    [{ does: "reset after work" }, "lost", /./, null],
    [{ does: "cut" }, "lost", /./, null],
    [{ does: "twice" }, "lost", /could not be read/, null],
    [{ does: "redirect", to: "http://127.0.0.2:1/v1" }, "refused", /redirects to 127\.0\.0\.2:1/, null],
  ])("takes %j for %s, in one request and one line", async (behaviour, outcome, detail, retryAfterMs) => {
    const result = await answerTo(behaviour, provider, base);
    expect(result).toMatchObject({ outcome, detail: expect.stringMatching(detail), retryAfterMs });
    expect("detail" in result && result.detail.includes("\n")).toBe(false);
    expect(server.requests).toHaveLength(1);
    expect(server.sockets()).toBe(1);
  });

  it("gives up a call without an answer at the deadline", async () => {
    const calls = { tries: 1, backOffMs: 1, deadlineSeconds: 0.2, longestWaitSeconds: 1 };
    expect(await answerTo({ does: "stall" }, provider, base, { calls })).toEqual({
      outcome: "lost",
      detail: "no answer within 0.2 s",
      retryAfterMs: null,
    });
  });

  it("knows a server that is not there for one that has sent no bill", async () => {
    server = await startTeacherServer();
    const settings = callingSettings(`http://127.0.0.1:1${base}`);
    expect(await sdkModel(provider, settings, KEY).ask(call)).toMatchObject({ outcome: "unavailable" });
  });

  it.each(["credentialed", "no-redistribution"] as const)("opens no socket for %s data", async (licence) => {
    server = await startTeacherServer();
    const settings = callingSettings(`http://0.0.0.0:${server.port}${base}`);
    const model = sdkModel(provider, settings, KEY);
    expect(model.permit(licence).outcome).toBe("refused");
    expect(await model.ask({ ...call, licence })).toMatchObject({
      outcome: "refused",
      detail: expect.stringContaining(`${licence} data may not leave this machine`),
    });
    expect(server.sockets()).toBe(0);
    expect(await model.ask(call)).toMatchObject({ outcome: "answered" });
    expect(server.sockets()).toBe(1);
  });

  it("lets no key into an answer, an error, or the terminal", async () => {
    const said: string[] = [];
    const spies = [
      ...(["log", "warn", "error", "info", "debug"] as const).map((name) =>
        vi.spyOn(console, name).mockImplementation((...parts) => void said.push(parts.map(String).join(" "))),
      ),
      vi.spyOn(process.stderr, "write").mockImplementation((chunk) => Boolean(said.push(String(chunk)))),
    ];
    const echoes: Behaviour[] = [
      { does: "answer", text: `you sent ${KEY}`, version: `v ${KEY}` },
      { does: "fail", status: 400, message: `API key ${KEY} not valid` },
      { does: "fail", status: 500, message: `${KEY} ${encodeURIComponent(KEY)}` },
      { does: "fail", status: 403, message: Buffer.from(KEY).toString("base64") },
      { does: "redirect", to: `http://${KEY}.example/` },
      { does: "limit" },
      { does: "cut" },
      { does: "twice" },
      { does: "reset" },
    ];
    for (const behaviour of echoes) {
      said.push(JSON.stringify(await answerTo(behaviour, provider, base)));
      await server.close();
    }
    for (const spy of spies) spy.mockRestore();
    server = await startTeacherServer();
    expect(said).toHaveLength(echoes.length);
    for (const text of said) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(Buffer.from(KEY).toString("base64").replace(/=+$/, ""));
    }
  });
});
