import type { LabelRow } from "../../labels/label.ts";
import type { PlannedImage, PlannedPatient, PlannedStudy } from "./plan-site.ts";
import type { PhantomSite } from "./site.ts";

/** One picture with everything a hospital's tables say of it. */
export interface WrittenImage {
  readonly patient: PlannedPatient;
  readonly study: PlannedStudy;
  readonly image: PlannedImage;
  /** What the hospital's labeler wrote about the study. */
  readonly labels: LabelRow;
}

/** A file of a hospital besides its pictures: path relative to the site's root, and content. */
export interface TableFile {
  readonly path: string;
  readonly content: string;
  readonly gzip?: boolean;
}

export interface FormatContext {
  readonly site: PhantomSite;
  readonly seed: number;
  /** Pixels of a picture's side. */
  readonly size: number;
}

/** How one hospital lays out its files. */
export interface HospitalFormat {
  readonly encoding: "jpeg" | "png";
  /** Where a picture lies, relative to the site's root, and its id in the tables. */
  imagePath(
    context: FormatContext,
    patient: PlannedPatient,
    study: PlannedStudy,
    image: PlannedImage,
  ): string;
  imageId(context: FormatContext, patient: PlannedPatient, study: PlannedStudy, image: PlannedImage): string;
  patientId(context: FormatContext, patient: PlannedPatient): string;
  studyId(context: FormatContext, patient: PlannedPatient, study: PlannedStudy): string;
  tables(context: FormatContext, images: readonly WrittenImage[]): TableFile[];
}
