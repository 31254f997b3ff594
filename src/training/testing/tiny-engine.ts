import { afterAll, beforeAll } from "vitest";
import type { Engine, TokenScores } from "../../engine/engine.ts";
import { type LaunchedEngine, launchEngine } from "../../engine/launch-engine.ts";
import { type TinyExample, tinyLine } from "./tiny-line.ts";

export interface TinyEngine {
  readonly engine: Engine;
  readonly examples: readonly TinyExample[];
}

/** One real engine with the tiny model for a whole spec file; read it inside tests and hooks only. */
export function tinyEngine(images: number): () => TinyEngine {
  let launched: LaunchedEngine | undefined;
  let tiny: TinyEngine | undefined;
  beforeAll(async () => {
    launched = await launchEngine();
    tiny = { engine: launched.engine, examples: await tinyLine(launched.engine, images) };
  });
  afterAll(() => launched?.close());
  return () => {
    if (tiny === undefined) throw new Error("the engine is there in tests and hooks only");
    return tiny;
  };
}

/** Frees what the trainers left in the engine, so that another run can start in it. */
export async function freeAdapters(engine: Engine): Promise<void> {
  for (const { name } of (await engine.describe()).adapters) await engine.free({ adapter: name });
}

/** How an adapter scores one completion, in a request of its own. */
export async function scoresOf(
  engine: Engine,
  { handle, tokens }: Pick<TinyExample, "handle" | "tokens">,
  adapter: string,
): Promise<TokenScores> {
  const { groups } = await engine.forward({ groups: [{ handle, completions: [tokens] }], adapter });
  const scores = groups[0]?.[0];
  if (scores === undefined) throw new Error("Forward answered without scores");
  return scores;
}
