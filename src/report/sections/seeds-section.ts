import { type Html, html } from "../html.ts";
import type { RecipeReport } from "../recipe-report.ts";
import { whyOpen } from "../render-transfer.ts";
import { seedTables } from "../tables/seed-tables.ts";
import type { Section } from "./section.ts";
import { paperTable } from "./tables-section.ts";

/** Recipes that were trained with several seeds: scope, verdicts, each seed's scores. Null where there is none. */
export function seedsSection(recipes: readonly RecipeReport[]): Section | null {
  if (recipes.length === 0) return null;
  return {
    id: "seeds",
    title: "Over training seeds",
    body: html`<p>Each recipe was trained once for each seed on the same images and traces, and read on the same test sets.
Its numbers and its first verdicts speak of the recipe, those of a single seed of two checkpoints.</p>
${recipes.map(recipePart)}`,
  };
}

function recipePart(report: RecipeReport): Html {
  const { recipe, scope, verdicts } = report;
  return html`<h3>${recipe ?? "The recipe"}</h3>
<p>Scope: a recipe, seeds ${scope.seeds.join(", ")}.</p>
${verdictPart(verdicts)}
${seedTables(report).map(paperTable)}`;
}

function verdictPart(verdicts: RecipeReport["verdicts"]): Html {
  if ("notJudged" in verdicts) return html`<p>No verdict: ${verdicts.notJudged}.</p>`;
  const own = verdicts.filter(({ scope }) => scope === "a recipe");
  return html`<ul class="verdicts">${own.map(
    (
      verdict,
    ) => html`<li><strong class="verdict">${verdict.verdict}</strong> ${verdict.from} to ${verdict.to},
${verdict.home} to ${verdict.away}${whyOpen(verdict)}</li>
`,
  )}</ul>`;
}
