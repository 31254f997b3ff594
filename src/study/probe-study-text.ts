import { conventionLines, regionLines, switchLines } from "../evaluation/probes/probe-text.ts";
import type { StudyProbe } from "./probe-study.ts";

/** What was probed, as text for a terminal. */
export function probeStudyText({ model, hospitals }: StudyProbe): string {
  const blocks = hospitals.flatMap(({ data, convention, regions, switches }) => [
    [`${model} on ${data}`],
    ...("notProbed" in convention ? [] : [conventionLines(convention)]),
    ...("notProbed" in regions
      ? []
      : [[`regions: ${regions.images} images, hidden by ${regions.fill}`, ...regionLines(regions.probes)]]),
    ...("notProbed" in switches
      ? []
      : [
          [
            `redrawn: ${switches.images} images, style of ${switches.style}, view from PA to AP, marks planted`,
            ...switchLines(switches.probes),
          ],
        ]),
  ]);
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n\n* gained or lost in one direction, after Holm\n`;
}
