import { type Html, html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { type Section, table } from "./section.ts";

/** What was made smaller than in the paper, and what nobody has checked. */
export function limitsSection({ scaled, notVerified }: ReportInput): Section {
  const settings =
    scaled.length === 0
      ? html`<p>No recipe value was changed from the paper's.</p>`
      : table(
          "Recipe values that differ from the paper's",
          ["Setting", "Paper", "Here", "Why"],
          scaled.map(({ setting, paper, here, why }) => [setting, paper, here, why]),
        );
  const items: Html | null =
    notVerified.length === 0
      ? null
      : html`<h3>Not verified</h3>
<ul>${notVerified.map((item) => html`<li>${item}</li>`)}</ul>`;
  return {
    id: "limits",
    title: "What this study scaled down, and what was not verified",
    body: html`${settings}${items}`,
  };
}
