import { page } from "./page.ts";
import type { ReportInput } from "./report-input.ts";
import { collapseSection } from "./sections/collapse-section.ts";
import { dataSection } from "./sections/data-section.ts";
import { differencesSection } from "./sections/differences-section.ts";
import { failuresSection } from "./sections/failures-section.ts";
import { labelScoresSection } from "./sections/label-scores-section.ts";
import { limitsSection } from "./sections/limits-section.ts";
import { perLabelSection } from "./sections/per-label-section.ts";
import { recipeSection } from "./sections/recipe-section.ts";
import { resultsSection } from "./sections/results-section.ts";
import { samplesSection } from "./sections/samples-section.ts";
import { subgroupsSection } from "./sections/subgroups-section.ts";
import { tablesSection } from "./sections/tables-section.ts";
import { trainingSection } from "./sections/training-section.ts";
import { variantsSection } from "./sections/variants-section.ts";
import { verdictSection } from "./sections/verdict-section.ts";
import { paperTables } from "./tables/paper-tables.ts";

/**
 * The report as one HTML file that opens by double click and asks nothing of any network: style, charts and pictures
 * are inside, there is no script, and the page's own policy forbids one. The same input gives the same bytes.
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const sections = [
    verdictSection(input),
    await resultsSection(input),
    differencesSection(input),
    tablesSection(input, paperTables(input)),
    variantsSection(input),
    await perLabelSection(input),
    labelScoresSection(input),
    subgroupsSection(input),
    failuresSection(input),
    await trainingSection(input),
    await collapseSection(input),
    samplesSection(input),
    limitsSection(input),
    dataSection(input),
    recipeSection(input),
  ];
  return page(
    input.study,
    sections.filter((section) => section !== null),
  );
}
