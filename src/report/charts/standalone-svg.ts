import type { Html } from "../html.ts";
import { PALETTE } from "../page-style.ts";

/** The light colours by name: the first of each in the palette. */
const LIGHT = new Map(
  [...PALETTE.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)]
    .reverse()
    .map(([, name = "", colour = ""]) => [name, colour]),
);

/**
 * A chart as an SVG file of its own. On the report's page a chart takes its colours from the page; here the light ones are
 * written out, on a ground of their own, since Inkscape, LaTeX and word processors know no CSS variables.
 */
export function standaloneSvg(chart: Html): string {
  const ground = `<rect width="100%" height="100%" fill="${colourOf("page")}"/>`;
  const svg = chart
    .toString()
    .replaceAll(/var\(--([\w-]+)\)/g, (_, name: string) => colourOf(name))
    .replace(/^<svg [^>]*>/, (open) => `${open}${ground}`)
    .replace(/^<svg /, '<svg font-family="system-ui, Liberation Sans, Arial, sans-serif" ');
  return `${svg}\n`;
}

function colourOf(name: string): string {
  const colour = LIGHT.get(name);
  if (colour === undefined) throw new Error(`standaloneSvg: the palette has no colour ${name}`);
  return colour;
}
