import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { tsImport } from "tsx/esm/api";
import { z } from "zod";
import { parseCompletion } from "../completions/parse-completion.ts";
import { LABELS } from "../labels/label.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { jaccard } from "./jaccard.ts";
import { type Reward, type RewardResult, scoreOf } from "./reward.ts";

/** What a reward file is given to work with, so that it needs to import nothing but types. */
export interface RewardTools {
  /** The 14 labels, in canonical order. */
  readonly labels: typeof LABELS;
  /** Reads a completion's labels, or says why it cannot. */
  readonly parseCompletion: typeof parseCompletion;
  /** The Jaccard index of two label sets; throws where both are empty. */
  readonly jaccard: typeof jaccard;
  /** A score whose total is the sum of its components. */
  readonly scoreOf: typeof scoreOf;
}

/** The default export of a reward file: makes the reward from the settings that the study gives it. */
export type RewardFactory<State = unknown> = (
  settings: Readonly<Record<string, unknown>>,
  tools: RewardTools,
) => Reward<State>;

const TOOLS: RewardTools = { labels: LABELS, parseCompletion, jaccard, scoreOf };

/** How far a total may be from its components' sum: rounding, and no more. */
const ROUNDING = 1e-6;

const callable = z.custom<(...given: unknown[]) => unknown>((value) => typeof value === "function");
const resultSchema = z.object({
  scores: z.array(z.object({ total: z.number(), components: z.record(z.string(), z.number()) })),
  state: z.unknown(),
});

/**
 * A reward from a TypeScript (or JavaScript) file, held to the contract of `Reward` in every call. The file is code and
 * runs with all of the user's rights; only its own text is hashed, not what it imports.
 * @param file absolute
 * @throws UserError, in one line, when there is no such file, it cannot be run, or it exports no reward
 */
export async function loadRewardFile(
  file: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Reward> {
  if (!existsSync(file)) throw new UserError(`reward ${file}: there is no such file; correct reward.path`, 2);
  const exported = await importDefault(file);
  const factory = callable.safeParse(exported).data;
  if (factory === undefined)
    throw new UserError(
      `reward ${file}: its default export is no function; write \`export default (settings, tools) => reward\``,
      2,
    );
  const reward = callable.safeParse(
    attempt(file, "with these settings", () => factory(settings, TOOLS)),
  ).data;
  if (reward === undefined)
    throw new UserError(`reward ${file}: its default export gave no reward; it must return a function`, 2);
  return (rollout, context, state) =>
    checkResult(
      file,
      attempt(file, `at step ${context.step}`, () => reward(rollout, context, state)),
    );
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const module: unknown = await tsImport(pathToFileURL(file).href, import.meta.url);
    const exported = defaultOf(module);
    // In a folder whose package.json does not say "module" the file is CommonJS, and its exports are the default.
    return typeof exported === "function" ? exported : defaultOf(exported);
  } catch (error) {
    throw new UserError(`reward ${file} cannot be run: ${firstLine(error)}`, 2, { cause: error });
  }
}

const defaultOf = (module: unknown): unknown =>
  z.object({ default: z.unknown() }).safeParse(module).data?.default;

/** What the file's own code gives, or a UserError in its name. */
function attempt(file: string, when: string, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    throw new UserError(`reward ${file} failed ${when}: ${firstLine(error)}`, 1, { cause: error });
  }
}

function checkResult(file: string, given: unknown): RewardResult<unknown> {
  const parsed = resultSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "the result" : issue.path.join(".");
    throw new UserError(
      `reward ${file}: ${where}: ${issue?.message ?? "not valid"}; it must return { scores: [{ total, components }], state }`,
    );
  }
  const { scores, state } = parsed.data;
  for (const [index, { total, components }] of scores.entries()) {
    const sum = Object.values(components).reduce((all, value) => all + value, 0);
    if (Math.abs(sum - total) > ROUNDING * Math.max(1, Math.abs(total)))
      throw new UserError(
        `reward ${file}: completion ${index} has a total of ${total}, its components add up to ${sum}; make them agree`,
      );
  }
  return { scores, state: plain(file, state) };
}

/** The state as a checkpoint will give it back, so that an interrupted run goes on as an undisturbed one. */
function plain(file: string, state: unknown): unknown {
  const text: string | undefined = JSON.stringify(state ?? null);
  const copy: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isDeepStrictEqual(copy, state ?? null))
    throw new UserError(
      `reward ${file}: its state is no plain JSON (a Map, a Date, undefined in a field?); checkpoints could not keep it`,
    );
  return copy;
}

function firstLine(error: unknown): string {
  const [line = ""] = messageOf(error).trim().split("\n");
  return line;
}
