import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { writeFileAtomic } from "../util/files.ts";
import { UserError } from "../util/user-error.ts";

const STUDIES = path.join(PACKAGE_ROOT, "studies");

/** Names of the studies that come with the package. */
export async function templateNames(): Promise<string[]> {
  const files = await readdir(STUDIES);
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => path.basename(file, ".yaml"))
    .sort();
}

/**
 * Writes a study file to start from: a copy of one that comes with the package, its model's path set right.
 * @throws UserError when there is no such study, or the file exists
 */
export async function initStudy(file: string, template: string): Promise<void> {
  const names = await templateNames();
  if (!names.includes(template))
    throw new UserError(
      `no study named ${template} comes with chexreason: choose among ${names.join(", ")}`,
      2,
    );
  const text = await readFile(path.join(STUDIES, `${template}.yaml`), "utf8");
  const models = path.relative(path.dirname(path.resolve(file)), path.join(PACKAGE_ROOT, "models"));
  if (
    await readFile(file, "utf8").then(
      () => true,
      () => false,
    )
  )
    throw new UserError(`${file} exists: give another name, or delete it first`, 2);
  await writeFileAtomic(
    file,
    text.replace(/^(\s*source: )\.\.\/models\//m, `$1${models.split(path.sep).join("/")}/`),
  );
}
