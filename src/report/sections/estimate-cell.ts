import type { Estimate } from "../../evaluation/interval.ts";
import { directionOf, formatDifference, formatEstimate } from "../format-estimate.ts";
import { type Html, html } from "../html.ts";

/** A value with its interval in smaller type. */
export function estimateCell(estimate: Estimate): Html {
  return split(formatEstimate(estimate));
}

/** A text of a value and its interval, as `relativeText` gives one, with the interval in smaller type. */
export function relativeCell(text: string): Html {
  const at = text.indexOf("[");
  return at < 0
    ? html`${text.replaceAll("-", "−")}`
    : html`${text.slice(0, at).trim().replaceAll("-", "−")} <small>${text.slice(at).replaceAll("-", "−")}</small>`;
}

/** Which way a score should go. */
export type Wanted = "high" | "low";

/**
 * A difference with its interval, marked where the whole interval lies on one side of 0. The mark shows the direction,
 * the colour whether that is wanted; neither stands alone.
 */
export function differenceCell(estimate: Estimate, wanted: Wanted): Html {
  const text = formatDifference(estimate).replaceAll("-", "−");
  const direction = directionOf(estimate);
  if (direction !== "higher" && direction !== "lower") return split(text);
  const isBetter = (direction === "higher") === (wanted === "high");
  const words = `${direction}, ${isBetter ? "better" : "worse"}`;
  const mark = html` <span role="img" aria-label="${words}">${direction === "higher" ? "▲" : "▼"}</span>`;
  return html`<span class="${isBetter ? "better" : "worse"}">${split(text, mark)}</span>`;
}

/** The value, the mark, and the interval in smaller type. */
function split(text: string, mark: Html | null = null): Html {
  const at = text.indexOf(" ");
  return at < 0
    ? html`${text}${mark}`
    : html`${text.slice(0, at)}${mark} <small>${text.slice(at + 1)}</small>`;
}
