import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { ReportInput, ReportModel } from "../report-input.ts";

/** A part of the page with its anchor, title and one paragraph on how to read it. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/**
 * A table that scrolls sideways where it is too wide. The first cell of each row is its header;
 * dense tables put an interval below its value.
 */
export function table(
  caption: string,
  head: readonly (Html | string)[],
  rows: readonly (readonly (Html | string | number)[])[],
  density: "dense" | "airy" = "airy",
): Html {
  const body = rows.map(
    ([first = "", ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="${density}">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${body}</tbody></table></div>
`;
}

/** Notes to the table above, in small type; nothing where there is none. */
export function noteList(notes: readonly string[]): Html | null {
  return notes.length === 0
    ? null
    : html`<ul class="note">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}

/** A model's name for people; its id where the input does not name it. */
export function modelName(input: ReportInput, id: string): string {
  return modelOf(input, id)?.name ?? id;
}

export function modelOf(input: ReportInput, id: string): ReportModel | undefined {
  return input.models.find((model) => model.id === id);
}

/** A hospital's name for people; its id where the input does not name it. */
export function hospitalName(input: ReportInput, id: string): string {
  return input.hospitals.find((hospital) => hospital.id === id)?.name ?? id;
}
