import { LABELS } from "../../labels/label.ts";
import { labelColumnReader } from "../../labels/label-columns.ts";
import { chexpertView, studyOf, withoutRelease } from "../chexpert-record.ts";
import { readAge, readSex } from "../demographics.ts";
import { saidLabels } from "../said-labels.ts";
import type { CsvFormat } from "./csv-format.ts";
import { setAside } from "./inspected-row.ts";

/** `train.csv`, `valid.csv`, and a test truth by image. Age 0 is unknown, as to the reader. */
export const CHEXPERT_IMAGES: CsvFormat = {
  name: "chexpert",
  what: "CheXpert's table of images",
  unit: "image",
  matches: ({ has }) => has("Path") && LABELS.some(has),
  start(header) {
    const readLabels = labelColumnReader(header.has);
    return (row) => {
      const said = saidLabels(row, readLabels);
      if (said.kind === "problem") return setAside("malformed row");
      const text = row.get("Path");
      const id = withoutRelease(text);
      if (id === null) return setAside("path outside root");
      const patient = studyOf(id)?.patient;
      if (patient === undefined) return setAside("malformed row");
      const view = chexpertView(row.get("Frontal/Lateral") || text, row.get("AP/PA"));
      const sex = readSex(row.get("Sex"));
      const age = readAge(row.get("Age"));
      return {
        kind: "row",
        row: { id, patient, view, sex, age: age === 0 ? null : age, labels: said.labels },
      };
    };
  },
};

/** A test truth by study, or the decisions of one reader, who may have looked for a few labels only. */
export const CHEXPERT_STUDIES: CsvFormat = {
  name: "chexpert-studies",
  what: "CheXpert's table of studies",
  unit: "study",
  matches: ({ has }) => has("Study") && LABELS.some(has),
  start(header) {
    const readLabels = labelColumnReader(header.has);
    return (row) => {
      const said = saidLabels(row, readLabels);
      if (said.kind === "problem") return setAside("malformed row");
      const id = withoutRelease(row.get("Study"));
      if (id === null) return setAside("path outside root");
      const patient = studyOf(id)?.patient;
      if (patient === undefined) return setAside("malformed row");
      return { kind: "row", row: { id, patient, view: null, sex: null, age: null, labels: said.labels } };
    };
  },
};
