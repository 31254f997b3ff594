import { layOutChest } from "./chest.ts";
import { toPicture } from "./develop.ts";
import { trueLabels } from "./finding.ts";
import { findingCentre } from "./finding-centre.ts";
import { FORMATS } from "./formats.ts";
import type { FormatContext, WrittenImage } from "./hospital-format.ts";
import type { PhantomSpec } from "./render-phantom.ts";

/** A drawn finding. A lateral picture has the study's findings, though they are not drawn into it. */
export interface TrueFinding {
  readonly label: string;
  /** 0 to 1; see Finding. */
  readonly severity: number;
  readonly side: "right" | "left";
  /** The finding's middle in the picture, as shares of its side. */
  readonly x: number;
  readonly y: number;
}

/** One line of the sidecar: what is truly in a picture. */
export interface TruthRow {
  /** Path as in the hospital's folder, and the ids as in its tables. */
  readonly image: string;
  readonly id: string;
  readonly patient: string;
  readonly study: string;
  readonly view: "AP" | "PA" | "lateral";
  readonly labels: readonly string[];
  readonly findings: readonly TrueFinding[];
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
        findings: locate(image.spec),
        shortcut: image.spec.shortcut,
        patientIndex: patient.index,
        studyIndex: study.index,
        imageIndex: image.index,
      };
      return `${JSON.stringify(row)}\n`;
    })
    .join("");
}

function locate(spec: PhantomSpec): TrueFinding[] {
  const chest = layOutChest(spec.anatomy, spec.posture, spec.findings);
  return spec.findings.map((finding) => {
    const centre = findingCentre(chest, finding);
    const { x, y } = toPicture(spec.exposure.pose, centre.x, centre.y);
    return {
      label: finding.label,
      severity: round(finding.severity),
      side: finding.side,
      x: round(x),
      y: round(y),
    };
  });
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
