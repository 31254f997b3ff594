import { labelRow } from "../../labels/label.ts";
import { type NihReading, readNihFindings } from "../../labels/nih.ts";
import { readAge, readSex } from "../demographics.ts";
import type { View } from "../record.ts";
import { type CsvFormat, hasAll } from "./csv-format.ts";
import { type Inspection, setAside } from "./inspected-row.ts";

const NOTHING_SAID = labelRow({});

/** `Data_Entry_2017_v2020.csv`: the nine shared labels, and NIH's own words beside them. */
export const NIH_TABLE: CsvFormat = {
  name: "nih",
  what: "NIH ChestX-ray14's table of images",
  unit: "image",
  matches: (header) => hasAll(header, ["Image Index", "Finding Labels", "Patient ID"]),
  start() {
    const read = nihFindingsReader();
    return (row): Inspection => {
      const [id, patient] = [row.get("Image Index"), row.get("Patient ID")];
      if (row.problem !== null || id === "" || patient === "") return setAside("malformed row");
      const { reading, findings } = read(row.get("Finding Labels"));
      if (reading.kind === "unknown") return setAside("unknown label");
      const view = nihView(row.get("View Position"));
      const sex = readSex(row.get("Patient Gender") || row.get("Patient Sex"));
      const age = readAge(row.get("Patient Age"));
      const labels = findings.length === 0 ? NOTHING_SAID : reading.row;
      return { kind: "row", row: { id, patient, view, sex, age, labels, findings } };
    };
  },
};

/** NIH has frontal images only; anything but AP and PA is no view that it knows. */
function nihView(text: string): View {
  return text === "AP" || text === "PA" ? text : "unknown";
}

interface ReadFindings {
  readonly findings: readonly string[];
  readonly reading: NihReading;
}

/** Reads findings joined by `|`; the table says only some 800 different things. */
function nihFindingsReader(): (text: string) => ReadFindings {
  const known = new Map<string, ReadFindings>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const findings = text === "" ? [] : text.split("|").map((name) => name.trim());
    const read = { findings, reading: readNihFindings(findings) };
    known.set(text, read);
    return read;
  };
}
