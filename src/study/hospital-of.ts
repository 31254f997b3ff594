import type { HospitalOf } from "../cohort/disjoint.ts";
import type { StudyConfig } from "./schema/study.ts";

/**
 * The hospital whose patients each of a study's data are of: CheXpert's `train` and `valid` under two names are one
 * hospital, and so are two drawings of one phantom.
 */
export function hospitalOf({ data }: Pick<StudyConfig, "data">): HospitalOf {
  return (site) => {
    const source = data[site];
    if (source === undefined) return site;
    if (source.kind === "phantom") return source.site;
    return source.hospital ?? (source.kind === "folder" ? site : source.kind);
  };
}
