import type { Html } from "../html.ts";
import { PALETTE } from "../page-style.ts";

/**
 * A chart as an SVG file of its own. On the report's page a chart takes its colours from the page; here they are put in
 * the picture itself, so that it can be opened, and follows light and dark, anywhere.
 */
export function standaloneSvg(chart: Html): string {
  const style = `${PALETTE}svg { background: var(--page); font-family: system-ui, "Liberation Sans", Arial, sans-serif; }`;
  return `${chart.toString().replace(/^<svg [^>]*>/, (open) => `${open}<style>${style}</style>`)}\n`;
}
