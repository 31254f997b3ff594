import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { messageOf, UserError } from "../util/user-error.ts";
import { pythonVariables } from "./python-variables.ts";

/** What a user's own environment must have at least; the engine is tested with the locked versions. */
export const OLDEST_PACKAGES: Readonly<Record<string, string>> = {
  torch: "2.11",
  transformers: "5.17",
  peft: "0.21",
  grpcio: "1.80",
  protobuf: "6.30",
  safetensors: "0.5",
  pillow: "11.0",
};
/** The Python that the engine is written for. */
const OLDEST_PYTHON = "3.11";

const VERSIONS_SCRIPT = `
import importlib.metadata as m, json, sys
names = sys.argv[1:]
def version(n):
    try: return m.version(n)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": sys.version.split()[0], **{n: version(n) for n in names}}))
`;
const versionsSchema = z.record(z.string(), z.string().nullable());
const run = promisify(execFile);

/**
 * Versions of Python ("python") and of the packages the engine needs; null for one that is missing.
 * @throws UserError (exit code 3) when the executable cannot be run as Python.
 */
export async function packageVersions(executable: string): Promise<Record<string, string | null>> {
  const command = ["-c", VERSIONS_SCRIPT, ...Object.keys(OLDEST_PACKAGES)];
  try {
    const { stdout } = await run(executable, command, { env: pythonVariables() });
    // The last line: a site's own start-up files may print before it.
    return versionsSchema.parse(JSON.parse(lastLine(stdout)));
  } catch (error) {
    const reason =
      error instanceof SyntaxError || error instanceof z.ZodError
        ? "it prints no versions"
        : failureOf(error);
    throw new UserError(`${executable} cannot be run as Python (${reason})`, 3, { cause: error });
  }
}

/** The end of what it wrote to standard error ("No module named importlib.metadata"), or why it did not start. */
function failureOf(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? lastLine(String(error.stderr)) : "";
  return stderr === "" ? (messageOf(error).split("\n")[0] ?? "").trim() : stderr;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** What is missing or too old, e.g. `torch >= 2.11 (has 2.4.0)`. */
export function packageFaults(versions: Readonly<Record<string, string | null>>): string[] {
  return Object.entries({ python: OLDEST_PYTHON, ...OLDEST_PACKAGES }).flatMap(([name, oldest]) => {
    const version = versions[name] ?? null;
    if (version === null) return [`${name} >= ${oldest} (has none)`];
    return isOlder(version, oldest) ? [`${name} >= ${oldest} (has ${version})`] : [];
  });
}

/** Compares release numbers only: "2.13.0+cpu" is 2.13.0, and so is "2.13.0rc1". */
export function isOlder(version: string, oldest: string): boolean {
  const numbers = (text: string) =>
    (text.split("+")[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [have, need] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < need.length; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
