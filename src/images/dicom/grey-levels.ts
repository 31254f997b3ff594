import type { DataSet } from "dicom-parser";
import { ImageError } from "../image-error.ts";
import { type LookupTable, lookUp, readLookupTable } from "./lookup-table.ts";
import { readDecimal, readUnsigned } from "./read-attribute.ts";
import { codeValue } from "./stored-codes.ts";
import type { StoredForm } from "./stored-form.ts";
import { readWindow, throughWindow } from "./window.ts";

/** What decided which values are black and white. */
export type ShownBy = "voi lut" | "window" | "stored range" | "own range";

/** Grey levels by stored code: real numbers from 0, black, to 255, white, before they are rounded. */
export interface GreyLevels {
  readonly byCode: Float64Array;
  readonly shownBy: ShownBy;
}

/**
 * From stored codes to grey levels: modality LUT or rescale, then VOI LUT or window, then MONOCHROME1's inversion
 * (PS3.3, sections C.11.1 and C.11.2; PS3.4, annex N.2). A VOI LUT goes before a window, and the first of several of
 * either is taken, as pydicom's `apply_voi_lut` does by default.
 *
 * Without either, the standard leaves the display to the reader. Up to 8 stored bits the whole stored range goes from
 * black to white: such pixels were made for display, and come out as the same picture does from PNG. More bits are a
 * detector's numbers, and the range that the picture itself has goes from black to white, without its padding, as
 * MIMIC-CXR-JPG was made (Johnson et al. 2019, arXiv 1901.07042).
 * Not covered: the presentation LUT and display shutters.
 */
export function greyLevels(
  file: string,
  attributes: DataSet,
  form: StoredForm,
  codes: Uint16Array,
): GreyLevels {
  const modality = modalityValues(file, attributes, form);
  const { shownBy, level } = display(file, attributes, form, codes, modality);
  const byCode = modality.map((value) => (form.inverted ? 255 - level(value) : level(value)));
  return { byCode, shownBy };
}

/** What every code means: in the modality's units, or the numbers themselves. */
function modalityValues(file: string, attributes: DataSet, form: StoredForm): Float64Array {
  const table = readLookupTable(file, attributes, MODALITY_LUT, form.signed);
  const slope = readDecimal(file, attributes, { name: "Rescale Slope", tag: "x00281053" }) ?? 1;
  const intercept = readDecimal(file, attributes, { name: "Rescale Intercept", tag: "x00281052" }) ?? 0;
  if (slope === 0) throw new ImageError(file, "unreadable", "DICOM's Rescale Slope is 0");
  return Float64Array.from({ length: 2 ** form.bitsStored }, (_, code) => {
    const value = codeValue(code, form);
    return table === null ? value * slope + intercept : lookUp(table, value);
  });
}

const MODALITY_LUT = { name: "Modality LUT Sequence", tag: "x00283000" };
const VOI_LUT = { name: "VOI LUT Sequence", tag: "x00283010" };

interface Display {
  readonly shownBy: ShownBy;
  /** 0 to 255. */
  readonly level: (value: number) => number;
}

function display(
  file: string,
  attributes: DataSet,
  form: StoredForm,
  codes: Uint16Array,
  modality: Float64Array,
): Display {
  const negative = modality.some((value) => value < 0);
  const table: LookupTable | null = readLookupTable(file, attributes, VOI_LUT, negative);
  if (table !== null)
    return { shownBy: "voi lut", level: (value) => (lookUp(table, value) * 255) / table.top };
  const window = readWindow(file, attributes);
  if (window !== null) return { shownBy: "window", level: (value) => throughWindow(window, value) };
  if (form.bitsStored <= 8) return { shownBy: "stored range", level: stretch(modality) };
  return { shownBy: "own range", level: stretch(ownValues(attributes, form, codes, modality)) };
}

/** The lowest of the values to black, the highest to white; a picture of one value is black. */
function stretch(values: Float64Array): (value: number) => number {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!(high > low)) return () => 0;
  return (value) => Math.min(Math.max(((value - low) * 255) / (high - low), 0), 255);
}

/** The values that occur in the picture, each once, without its padding (PS3.3, section C.7.5.1.1.2). */
function ownValues(
  attributes: DataSet,
  form: StoredForm,
  codes: Uint16Array,
  modality: Float64Array,
): Float64Array {
  const used = new Uint8Array(modality.length);
  for (const code of codes) used[code] = 1;
  const padding = readUnsigned(attributes, { name: "Pixel Padding Value", tag: "x00280120" });
  const limit = readUnsigned(attributes, { name: "Pixel Padding Range Limit", tag: "x00280121" }) ?? padding;
  const numberOf = (word: number) => codeValue(word & (2 ** form.bitsStored - 1), form);
  const ends = padding === undefined || limit === undefined ? [] : [numberOf(padding), numberOf(limit)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return modality.filter((_, code) => {
    const value = codeValue(code, form);
    return used[code] === 1 && !(value >= low && value <= high);
  });
}
