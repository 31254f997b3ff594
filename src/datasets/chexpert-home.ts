import path from "node:path";
import { findTable, findTableName, listFolder } from "./find-table.ts";
import type { ChexpertSource } from "./hospital-source.ts";

/** Where a CheXpert release lies within the data root. */
export interface ChexpertHome {
  /** The table's path. */
  readonly table: string;
  /** The release's folder relative to the root: "" or e.g. "CheXpert-v1.0-small". */
  readonly inside: string;
}

/** The folder of a release, as paths in the tables begin too. */
const CHEXPERT_RELEASE = /^CheXpert-v[^/]*$/;

/** The test truth goes by three names. */
const TABLES = {
  train: { pattern: /^train\.csv$/, looksLike: "train.csv" },
  valid: { pattern: /^valid\.csv$/, looksLike: "valid.csv" },
  test: {
    pattern: /^(test_labels|test|groundtruth)\.csv$/,
    looksLike: "test_labels.csv, test.csv or groundtruth.csv",
  },
} as const;

/** Finds the table in the root itself or in the one release folder below it. Throws UserError where it is in neither. */
export async function findChexpert(source: ChexpertSource): Promise<ChexpertHome> {
  const { root, set } = source;
  const releases = (await listFolder(root)).filter((name) => CHEXPERT_RELEASE.test(name));
  if (source.table !== undefined) {
    const inside = releases.length === 1 ? (releases[0] ?? "") : "";
    return { table: path.resolve(root, source.table), inside };
  }
  const { pattern, looksLike } = TABLES[set];
  for (const inside of ["", ...releases]) {
    const folder = path.join(root, inside);
    const name = await findTableName(folder, pattern);
    // The table may lie beside the release folder, as the test truth does when it is downloaded apart.
    if (name !== null) return { table: path.join(folder, name), inside: inside || onlyOf(releases) };
  }
  return { table: await findTable(root, pattern, looksLike), inside: "" };
}

function onlyOf(releases: readonly string[]): string {
  return releases.length === 1 ? (releases[0] ?? "") : "";
}
