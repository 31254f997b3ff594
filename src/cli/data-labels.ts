import { type Command, Option } from "commander";
import { HOSPITAL_KINDS, type HospitalKind } from "../labels/label-mapping.ts";
import { conventionReport, renderConvention } from "../labels/render-convention.ts";

/** `chexreason data labels`: how a hospital's own words become labels. */
export function addDataLabels(data: Command): void {
  data
    .command("labels")
    .description("print how a hospital's words become labels, with the evidence, and what it never says")
    .addOption(
      new Option("--map <hospital>", "which hospital's").choices(HOSPITAL_KINDS).makeOptionMandatory(),
    )
    .option("--json", "one object on stdout")
    .action(({ map, json = false }: { map: HospitalKind; json?: boolean }) => {
      const report = conventionReport(map);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderConvention(report));
    });
}
