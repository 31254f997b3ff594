import { trueLabels } from "./finding.ts";
import { FORMATS } from "./formats.ts";
import type { FormatContext, WrittenImage } from "./hospital-format.ts";

/** One line of the sidecar: what is truly in a picture. */
export interface TruthRow {
  /** Path as in the hospital's folder, and the ids as in its tables. */
  readonly image: string;
  readonly id: string;
  readonly patient: string;
  readonly study: string;
  readonly view: "AP" | "PA" | "lateral";
  readonly labels: readonly string[];
  readonly findings: readonly { readonly label: string; readonly severity: number; readonly side: string }[];
  /** The planted mark in this picture, if any. */
  readonly shortcut: string | null;
  /** The patient's number, from which everything about it can be planned and drawn again. */
  readonly patientIndex: number;
  readonly studyIndex: number;
  readonly imageIndex: number;
}

/** The sidecar as JSON lines, in the order in which patients were planned. */
export function truthText(context: FormatContext, images: readonly WrittenImage[]): string {
  const format = FORMATS[context.site.format];
  return images
    .map(({ patient, study, image }) => {
      const row: TruthRow = {
        image: format.imagePath(context, patient, study, image),
        id: format.imageId(context, patient, study, image),
        patient: format.patientId(context, patient),
        study: format.studyId(context, patient, study),
        view: image.view,
        labels: trueLabels(study.findings),
        findings: study.findings.map(({ label, severity, side }) => ({ label, severity, side })),
        shortcut: image.spec.shortcut,
        patientIndex: patient.index,
        studyIndex: study.index,
        imageIndex: image.index,
      };
      return `${JSON.stringify(row)}\n`;
    })
    .join("");
}
