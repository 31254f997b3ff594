import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { numberInPicture } from "./numbered-pictures.ts";
import { type AskedOfServer, readGemini, readOpenai, writeGemini, writeOpenai } from "./wire-formats.ts";

/** What the server does with one request. */
export type Behaviour =
  | {
      readonly does: "answer";
      readonly text?: string;
      readonly version?: string;
      readonly finish?: "length" | "filter";
    }
  /** Too many calls. */
  | { readonly does: "limit"; readonly retryAfter?: string }
  | { readonly does: "fail"; readonly status: number; readonly message?: string }
  /** Cuts the connection before it has worked. */
  | { readonly does: "reset" }
  /** Has worked, and the bill grows, but the answer does not get out. */
  | { readonly does: "reset after work" }
  /** Works and never answers. */
  | { readonly does: "stall" }
  /** Half of the answer, then the connection is cut. */
  | { readonly does: "cut" }
  /** The answer's JSON twice over. */
  | { readonly does: "twice" }
  /** The answer of a request before, number and all: the last one, or one so many answers `back`. */
  | { readonly does: "repeat"; readonly back?: number }
  | { readonly does: "redirect"; readonly to: string };

/** A request as it came, and what became of it. */
export interface ServedRequest extends AskedOfServer {
  /** The number drawn into its picture. */
  readonly picture: number;
  readonly behaviour: Behaviour["does"];
  /** Whether the work was done, and so billed. */
  readonly billed: boolean;
}

/** Tokens that every answer of the server counts as. */
export const SERVED_USAGE = { input: 120, output: 40 } as const;

export interface TeacherServer {
  /** http://127.0.0.1:port, without a path. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ServedRequest[];
  /** Connections that were ever opened. */
  sockets(): number;
  /** Forgets its answers, so that none of them is repeated. */
  forget(): void;
  close(): Promise<void>;
}

/**
 * A teacher on this machine that speaks Gemini's and OpenAI's wire formats and misbehaves on demand. It answers with the
 * labels that it finds in the question, and notes every request.
 * @param behave what to do with the n-th request (from 0)
 */
export async function startTeacherServer(
  behave: (n: number, request: AskedOfServer & { readonly picture: number }) => Behaviour = () => ({
    does: "answer",
  }),
): Promise<TeacherServer> {
  const requests: ServedRequest[] = [];
  const open = new Set<Socket>();
  let opened = 0;
  let answered: string[] = [];
  const server = http.createServer((request, response) => {
    void serve(request, response);
  });
  server.on("connection", (socket) => {
    opened += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
  });

  async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // A killed client leaves half a request: no request at all.
    }
    const isGemini = request.url?.includes(":generateContent") === true;
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const asked = isGemini ? readGemini(request, body) : readOpenai(request, body);
    const picture = await numberInPicture(asked.png);
    const n = requests.length;
    const behaviour = behave(n, { ...asked, picture });
    const billed = ["answer", "reset after work", "stall", "cut", "twice", "repeat"].includes(behaviour.does);
    requests.push({ ...asked, picture, behaviour: behaviour.does, billed });
    const cut = (): void => void request.socket.resetAndDestroy();
    const say = (status: number, text: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
    };
    const answerOf = (given: Behaviour & { does: "answer" }): string => {
      const text =
        given.text ??
        `<think>Picture ${picture}: the signs favour this reading.</think><solution>${asked.labels}</solution>`;
      const answer = {
        text,
        version: given.version ?? "served-1",
        finish: given.finish ?? ("stop" as const),
        id: `answer-${n}`,
      };
      return JSON.stringify(isGemini ? writeGemini(answer, SERVED_USAGE) : writeOpenai(answer, SERVED_USAGE));
    };
    const plain = answerOf({ does: "answer" });
    switch (behaviour.does) {
      case "answer":
        answered.push(answerOf(behaviour));
        return say(200, answered.at(-1) ?? "");
      case "limit":
        return say(
          429,
          errorBody(429, "slow down"),
          behaviour.retryAfter === undefined ? {} : { "retry-after": behaviour.retryAfter },
        );
      case "fail":
        return say(behaviour.status, errorBody(behaviour.status, behaviour.message ?? "broken"));
      case "reset":
      case "reset after work":
        return cut();
      case "stall":
        return;
      case "cut":
        response.writeHead(200, { "content-type": "application/json", "content-length": plain.length });
        response.write(plain.slice(0, plain.length / 2));
        setImmediate(cut);
        return;
      case "twice":
        return say(200, plain + plain);
      case "repeat":
        return say(200, answered.at(-(behaviour.back ?? 1)) ?? plain);
      case "redirect":
        return say(307, "", { location: behaviour.to });
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    sockets: () => opened,
    forget: () => {
      answered = [];
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function errorBody(status: number, message: string): string {
  return JSON.stringify({ error: { code: status, message, status: "ERROR", type: "error", param: null } });
}
