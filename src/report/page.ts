import { createHash } from "node:crypto";
import { Html, html } from "./html.ts";
import { PAGE_STYLE } from "./page-style.ts";
import type { ReportInput } from "./report-input.ts";
import type { Section } from "./sections/section.ts";

/** No script, no network, no form; the one style sheet by its hash, pictures from the file itself. */
const POLICY = [
  "default-src 'none'",
  "img-src data:",
  `style-src 'sha256-${createHash("sha256").update(PAGE_STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The whole document. */
export function page(
  study: Pick<ReportInput["study"], "name" | "description">,
  sections: readonly Section[],
): string {
  const links = sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  const bodies = sections.map(
    ({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${study.name}: chexreason report</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<header>
<p class="kicker">chexreason report</p>
<h1>${study.name}</h1>
<p class="lead">${study.description}</p>
<p class="warning">A research instrument. Nothing here may be used to care for a patient.</p>
<nav aria-label="Contents"><ul>${links}</ul></nav>
</header>
<main>
${bodies}</main>
</body>
</html>
`.toString();
}
