import { LABELS, labelRow } from "../../labels/label.ts";
import { labelColumnReader } from "../../labels/label-columns.ts";
import { saidLabels } from "../said-labels.ts";
import { mimicView } from "../views.ts";
import { type CsvFormat, hasAll } from "./csv-format.ts";
import { setAside } from "./inspected-row.ts";

const NOTHING_SAID = labelRow({});

/** `mimic-cxr-2.0.0-metadata`: images and views; its labels lie in another table. */
export const MIMIC_METADATA: CsvFormat = {
  name: "mimic-metadata",
  what: "MIMIC-CXR-JPG's table of images, without labels",
  unit: "image",
  matches: (header) => hasAll(header, ["dicom_id", "subject_id", "study_id", "ViewPosition"]),
  start: () => (row) => {
    const [id, patient] = [row.get("dicom_id"), row.get("subject_id")];
    if (row.problem !== null || id === "" || patient === "") return setAside("malformed row");
    const view = mimicView(row.get("ViewPosition"));
    return { kind: "row", row: { id, patient, view, sex: null, age: null, labels: NOTHING_SAID } };
  },
};

/** `-chexpert`, `-negbio` and the curated test labels, which do not say whose a study is. */
export const MIMIC_LABELS: CsvFormat = {
  name: "mimic-labels",
  what: "MIMIC-CXR-JPG's labels of studies",
  unit: "study",
  matches: ({ has }) => has("study_id") && LABELS.some(has),
  start(header) {
    const readLabels = labelColumnReader(header.has);
    return (row) => {
      const id = row.get("study_id");
      const said = saidLabels(row, readLabels);
      if (said.kind === "problem" || id === "") return setAside("malformed row");
      const patient = row.get("subject_id") || null;
      return { kind: "row", row: { id, patient, view: null, sex: null, age: null, labels: said.labels } };
    };
  },
};
