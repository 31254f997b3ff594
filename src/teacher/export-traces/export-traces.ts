import path from "node:path";
import { LICENCE_CLASSES, type LicenceClass } from "../../datasets/record.ts";
import { hashBytes, writeFileAtomic, writeJsonAtomic } from "../../util/files.ts";
import { UserError } from "../../util/user-error.ts";
import { type Trace, traceCompletion } from "../trace.ts";
import type { ExportFormat, TraceExporter } from "./export-format.ts";
import { llamaFactoryExporter } from "./llama-factory.ts";
import { msSwiftExporter } from "./ms-swift.ts";
import { trlExporter } from "./trl.ts";

const EXPORTERS: Readonly<Record<ExportFormat, TraceExporter>> = {
  trl: trlExporter,
  "llama-factory": llamaFactoryExporter,
  "ms-swift": msSwiftExporter,
};

/** The mark by which two of the formats place a picture: in a trace's own text it would be counted as one more. */
const IMAGE_MARK = "<image>";

/** What an export wrote; also its `export.json`. */
export interface TraceExport {
  readonly schema: "chexreason.traces-export/1";
  readonly format: ExportFormat;
  /** Relative to the export folder. */
  readonly files: readonly string[];
  readonly traces: number;
  /** Every licence class among the traces: an export of credentialed traces is credentialed. */
  readonly licences: readonly LicenceClass[];
  readonly teachers: readonly string[];
  /** SHA-256 of the data file, hex. */
  readonly hash: string;
}

/**
 * Writes traces as another trainer reads them. Pictures are named by path, never copied. Beside the data lies
 * `export.json` with the licence classes, which the other formats have no place for.
 * @throws UserError when a trace's own text holds the mark that stands for a picture
 */
export async function exportTraces(
  traces: readonly Trace[],
  settings: { format: ExportFormat; folder: string; imageRoot: string },
): Promise<TraceExport> {
  const { format, folder, imageRoot } = settings;
  const exporter = EXPORTERS[format];
  const rows = traces.map((trace) => {
    refuseImageMark(trace);
    return exporter.row(trace, path.posix.join(imageRoot, trace.image));
  });
  const text = exporter.text(rows);
  await writeFileAtomic(path.join(folder, exporter.file), text);
  for (const [name, value] of Object.entries(exporter.beside))
    await writeJsonAtomic(path.join(folder, name), value);
  const classes = new Set(traces.map(({ licence }) => licence));
  const teachers = new Set(traces.map(({ teacher }) => `${teacher.name} ${teacher.model_version}`));
  const result: TraceExport = {
    schema: "chexreason.traces-export/1",
    format,
    files: [exporter.file, ...Object.keys(exporter.beside)],
    traces: traces.length,
    licences: LICENCE_CLASSES.filter((licence) => classes.has(licence)),
    teachers: [...teachers].sort(),
    hash: hashBytes(text),
  };
  await writeJsonAtomic(path.join(folder, "export.json"), result);
  return result;
}

function refuseImageMark(trace: Trace): void {
  const texts = [trace.messages[0].content[1].text, traceCompletion(trace)];
  if (texts.some((text) => text.includes(IMAGE_MARK)))
    throw new UserError(
      `trace ${trace.id}: its text holds ${IMAGE_MARK}, which a trainer would take for a picture; remove the trace`,
    );
}
