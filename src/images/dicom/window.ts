import type { DataSet } from "dicom-parser";
import { ImageError } from "../image-error.ts";
import { readDecimal, readText } from "./read-attribute.ts";

export const WINDOW_FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"] as const;
export type WindowFunction = (typeof WINDOW_FUNCTIONS)[number];

/** The part of the values that is shown (PS3.3, section C.11.2.1.2). */
export interface Window {
  readonly function: WindowFunction;
  readonly center: number;
  readonly width: number;
}

/** The first window; null where there is none. Throws ImageError for one that the standard does not allow. */
export function readWindow(file: string, attributes: DataSet): Window | null {
  const center = readDecimal(file, attributes, { name: "Window Center", tag: "x00281050" });
  const width = readDecimal(file, attributes, { name: "Window Width", tag: "x00281051" });
  if (center === undefined && width === undefined) return null;
  if (center === undefined || width === undefined)
    throw new ImageError(file, "unreadable", "DICOM with half a window: center or width is missing");
  const name = readText(attributes, { name: "VOI LUT Function", tag: "x00281056" }) || "LINEAR";
  const known = WINDOW_FUNCTIONS.find((each) => each === name);
  if (known === undefined)
    throw new ImageError(file, "unsupported format", `DICOM with VOI LUT Function ${name.slice(0, 20)}`);
  if (known === "LINEAR" ? width < 1 : width <= 0)
    throw new ImageError(file, "unreadable", `DICOM with a ${name} window of width ${width}`);
  return { function: known, center, width };
}

/**
 * A value's grey level, 0 to 255, before rounding: the standard's formulas with ymin 0 and ymax 255. Products come
 * before quotients, so that a level that is a half is one exactly.
 */
export function throughWindow({ function: name, center, width }: Window, value: number): number {
  switch (name) {
    case "LINEAR": {
      const middle = center - 0.5;
      if (value <= middle - (width - 1) / 2) return 0;
      if (value > middle + (width - 1) / 2) return 255;
      return ((value - middle) * 255) / (width - 1) + 127.5;
    }
    case "LINEAR_EXACT": {
      if (value <= center - width / 2) return 0;
      if (value > center + width / 2) return 255;
      return ((value - center) * 255) / width + 127.5;
    }
    case "SIGMOID":
      return 255 / (1 + Math.exp((-4 * (value - center)) / width));
  }
}
