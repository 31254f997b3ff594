import { existsSync } from "node:fs";
import path from "node:path";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";

/**
 * The folder of the study's model, or null when it is a hub id.
 * @throws UserError when it is no folder and has no revision either
 */
export function localModelFolder({ config, file }: Pick<Study, "config" | "file">): string | null {
  const { source, revision } = config.model;
  const folder = path.resolve(path.dirname(file), source);
  if (existsSync(folder)) return folder;
  if (revision !== undefined) return null;
  throw new UserError(
    `${file}: model.source ${source} is no folder (looked at ${folder}): correct it, or for a hub id give model.revision as well`,
    2,
  );
}
