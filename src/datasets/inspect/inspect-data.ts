import type { HospitalKind } from "../../labels/label-mapping.ts";
import { UserError } from "../../util/user-error.ts";
import { findHospital, isFolder } from "./find-hospital.ts";
import { type InspectedTable, inspectCsv } from "./inspect-csv.ts";

/** How a folder is to be read; a file tells by its columns what it is. */
export interface InspectOptions {
  readonly kind?: HospitalKind | undefined;
  /** Settings of the hospital's reader, `key=value`. */
  readonly set?: readonly string[];
}

/**
 * What a table of a hospital's, a table that chexreason wrote, or the folder of a hospital's release holds. What reads
 * Parquet or images is loaded only where it is needed: a CSV table is counted in the time that the others take to load.
 */
export async function inspectData(file: string, options: InspectOptions = {}): Promise<InspectedTable> {
  const { kind, set = [] } = options;
  if (await isFolder(file)) {
    const [{ inspectRelease }, { hospitalSource }] = await Promise.all([
      import("./inspect-release.ts"),
      import("../source-settings.ts"),
    ]);
    const found = kind ?? (await findHospital(file));
    return inspectRelease(hospitalSource({ kind: found, root: file, site: found }, set));
  }
  if (kind !== undefined || set.length > 0)
    throw new UserError(`${file}: a file tells what it is; --kind and --set go with a folder`, 2);
  if (!/\.parquet$/i.test(file)) return inspectCsv(file);
  const { inspectParquet } = await import("./inspect-parquet.ts");
  return inspectParquet(file);
}
