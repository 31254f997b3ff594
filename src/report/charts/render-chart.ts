import * as vega from "vega";
import { type Config, compile, type TopLevelSpec } from "vega-lite";
import { escapeText, Html, replaceUnseen } from "../html.ts";

/** Colours of series, set by the page's style for light, dark and print. */
export const SERIES: readonly string[] = Array.from(
  { length: 8 },
  (_, index) => `var(--series-${index + 1})`,
);

/** Everything takes the page's own colours and font, so that a chart follows light and dark. */
const CONFIG: Config = {
  aria: false,
  background: "transparent",
  font: "inherit",
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: "var(--muted)",
    titleColor: "var(--muted)",
    titleFontWeight: "normal",
    titleFontSize: 11,
    labelFontSize: 11,
    domainColor: "var(--line)",
    tickColor: "var(--line)",
    gridColor: "var(--line)",
    gridOpacity: 0.6,
  },
  title: { color: "var(--ink)", fontSize: 13, fontWeight: 600, anchor: "start", offset: 8 },
  header: { labelColor: "var(--ink)", labelFontSize: 11, title: null },
  legend: { labelColor: "var(--ink)", labelFontSize: 11, symbolOpacity: 1, orient: "bottom", title: null },
  range: { category: [...SERIES] },
};

/**
 * A Vega-Lite chart as inline SVG. Vega escapes texts and attributes; `describe` is what a screen reader says of the
 * picture, in place of its many marks.
 */
export async function renderChart(spec: TopLevelSpec, describe: string): Promise<Html> {
  const { spec: compiled } = compile(tamed(spec), { config: CONFIG });
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  return new Html(
    replaceUnseen(svg)
      // Vega gives each group of marks a role whatever `aria` says; the picture as a whole has one, and its words.
      .replaceAll(
        / role="graphics-(?:symbol|object|document)" aria-roledescription="[^"]*"(?: aria-label="[^"]*")?/g,
        "",
      )
      .replace(/^<svg /, () => `<svg role="img" aria-label="${escapeText(describe)}" `),
  );
}

/**
 * A specification whose texts are on one line. Vega-Lite writes names into the little expressions that Vega then parses;
 * a quoted text is safe there, but of several line separators (U+2028) it escapes the first only, and the chart would fail.
 */
function tamed<T>(value: T): T {
  if (typeof value === "string") return replaceUnseen(value).replace(/[\s\u2028\u2029]+/g, " ") as T;
  if (Array.isArray(value)) return value.map(tamed) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tamed(inner)])) as T;
}
