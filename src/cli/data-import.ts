import { type Command, Option } from "commander";
import { HOSPITAL_KINDS, type HospitalKind } from "../labels/label-mapping.ts";
import { terminal } from "./terminal.ts";

interface ImportOptions {
  readonly kind: HospitalKind;
  readonly name?: string;
  readonly out: string;
  readonly verify: boolean;
  readonly set: readonly string[];
  readonly json?: boolean;
}

/** `chexreason data import`: a hospital's release into one table. */
export function addDataImport(data: Command): void {
  data
    .command("import")
    .argument("<root>", "the folder of the hospital's release")
    .description(
      "read a hospital's files into a table; what is left out goes into a second one with its reason",
    )
    .addOption(new Option("--kind <hospital>", "whose format").choices(HOSPITAL_KINDS).makeOptionMandatory())
    .option("--name <name>", "what the hospital is called in the table (default: its kind)")
    .requiredOption("--out <folder>", "where the two tables go")
    .option("--no-verify", "ask only whether the images are there, do not decode them")
    .option("--set <key=value>", "a setting of the reader, e.g. set=test (may be repeated)", repeated, [])
    .option("--json", "one object on stdout")
    .action(async (root: string, { kind, name = kind, out, verify, set, json = false }: ImportOptions) => {
      const { importHospital, renderImport } = await import("../datasets/import-hospital.ts");
      const { hospitalSource } = await import("../datasets/source-settings.ts");
      const screen = terminal();
      const images = verify ? "decode" : "exist";
      const report = await importHospital(
        hospitalSource({ kind, root, site: name, images }, set),
        out,
        (done, total) => screen.progress("import", { done, total, unit: "images" }),
      );
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderImport(report));
    });
}

const repeated = (value: string, before: readonly string[]): readonly string[] => [...before, value];
