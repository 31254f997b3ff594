import { html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { type Section, table } from "./section.ts";

/** What it takes to run this again: stages with their hashes, and the configuration. */
export function recipeSection({ stages, config, study }: ReportInput): Section {
  return {
    id: "recipe",
    title: "Recipe",
    body: html`<p>chexreason ${study.version}, seed ${study.seed}. A stage's hash covers its settings and the hashes of
what it reads: equal hashes, equal results.</p>
${table(
  "Stages",
  ["Stage", "Hash", "Note"],
  stages.map(({ name, hash, note }) => [name, html`<code>${hash}</code>`, note]),
)}
<details><summary>Configuration</summary><pre>${config}</pre></details>`,
  };
}
