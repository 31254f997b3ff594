import { CHEXPERT_FORMAT } from "./chexpert-format.ts";
import { FOLDER_FORMAT } from "./folder-format.ts";
import type { HospitalFormat } from "./hospital-format.ts";
import { MIMIC_FORMAT } from "./mimic-format.ts";
import { NIH_FORMAT } from "./nih-format.ts";
import type { SiteFormat } from "./site.ts";

export const FORMATS: Readonly<Record<SiteFormat, HospitalFormat>> = {
  "mimic-cxr-jpg": MIMIC_FORMAT,
  chexpert: CHEXPERT_FORMAT,
  nih: NIH_FORMAT,
  folder: FOLDER_FORMAT,
};
