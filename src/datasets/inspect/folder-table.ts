import { LABELS } from "../../labels/label.ts";
import { readAge, readSex } from "../demographics.ts";
import { columnLabels, listedLabels } from "../folder-labels.ts";
import { folderView } from "../views.ts";
import type { CsvFormat } from "./csv-format.ts";
import { setAside } from "./inspected-row.ts";

/** A plain folder's `labels.csv`. Where labels are listed, those not listed count as negative, all 14 of them. */
export const FOLDER_TABLE: CsvFormat = {
  name: "folder",
  what: "a plain folder's table of images",
  unit: "image",
  matches: ({ has }) => has("image") && (has("labels") || LABELS.some(has)),
  start({ has }) {
    const read = has("labels") ? listedLabels(LABELS) : columnLabels(LABELS);
    return (row) => {
      const id = row.get("image");
      if (row.problem !== null || id === "") return setAside("malformed row");
      const view = folderView(row.get("view"));
      if (view === null) return setAside("unknown view");
      const reading = read(row);
      if (reading.kind === "refused") return setAside(reading.reason);
      const patient = row.get("patient") || id;
      const [sex, age] = [readSex(row.get("sex")), readAge(row.get("age"))];
      return { kind: "row", row: { id, patient, view, sex, age, labels: reading.labels } };
    };
  },
};
