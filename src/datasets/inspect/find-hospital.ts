import { stat } from "node:fs/promises";
import type { HospitalKind } from "../../labels/label-mapping.ts";
import { UserError } from "../../util/user-error.ts";
import { listFolder } from "../find-table.ts";
import { findMirrorFiles } from "../nih-mirror-files.ts";

/** A file that only this hospital's release has. */
const SIGNS: readonly (readonly [HospitalKind, RegExp])[] = [
  ["mimic", /^mimic-cxr-\d+\.\d+\.\d+-metadata\.csv(\.gz)?$/],
  ["nih", /^Data_Entry_2017(_v2020)?\.csv(\.gz)?$/],
  ["chexpert", /^(CheXpert-v[^/]*|(train|valid|test|test_labels|groundtruth)\.csv(\.gz)?)$/],
  ["folder", /^labels\.csv(\.gz)?$/],
];

/** Whose release a folder holds, by its files' names. Throws UserError where it is none's, or more than one's. */
export async function findHospital(root: string): Promise<HospitalKind> {
  const names = await listFolder(root);
  const found = SIGNS.filter(([, sign]) => names.some((name) => sign.test(name))).map(([kind]) => kind);
  if (!found.includes("nih") && (await findMirrorFiles(root)).length > 0) found.push("nih");
  const [kind] = found;
  if (kind !== undefined && found.length === 1) return kind;
  const what = kind === undefined ? "no hospital's tables here" : `the tables of ${found.join(" and ")} here`;
  throw new UserError(`${root}: ${what}; say which by --kind mimic, chexpert, nih or folder`, 2);
}

/** Whether a path is a folder. Throws UserError where there is nothing. */
export async function isFolder(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null) throw new UserError(`${file}: there is no such file or folder`, 2);
  return found.isDirectory();
}
