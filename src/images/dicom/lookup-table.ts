import type { DataSet } from "dicom-parser";
import { ImageError } from "../image-error.ts";

/** A modality or VOI lookup table (PS3.3, sections C.11.1.1 and C.11.2.1.1). */
export interface LookupTable {
  /** The input that the first entry stands for; lower ones take it too, as those past the end take the last. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** The largest output that the table's bits allow. */
  readonly top: number;
}

/**
 * The first table of a sequence; null where the sequence is absent or empty. `negative`: whether the table's inputs can
 * be negative, which decides the sign of the first input where an implicit header does not say it.
 */
export function readLookupTable(
  file: string,
  attributes: DataSet,
  sequence: { readonly name: string; readonly tag: string },
  negative: boolean,
): LookupTable | null {
  const item = attributes.elements[sequence.tag]?.items?.[0]?.dataSet;
  if (item === undefined) return null;
  const refuse = (what: string) => new ImageError(file, "unreadable", `DICOM's ${sequence.name} ${what}`);
  const descriptor = item.elements.x00283002;
  const data = item.elements.x00283006;
  if (descriptor === undefined || descriptor.length < 6) throw refuse("has no LUT Descriptor");
  if (data === undefined) throw refuse("has no LUT Data");
  const word = (index: number) => item.uint16("x00283002", index) ?? 0;
  const count = word(0) || 65_536;
  const signed = descriptor.vr === "SS" || (descriptor.vr === undefined && negative);
  const first = signed ? (item.int16("x00283002", 1) ?? 0) : word(1);
  const bits = word(2);
  if (bits < 1 || bits > 16) throw refuse(`has entries of ${bits} bits`);
  const top = 2 ** bits - 1;
  const packed = bits <= 8 && count > 1 && data.length < 2 * count;
  if (data.length < (packed ? count : 2 * count)) throw refuse(`has fewer than its ${count} entries`);
  const entries = new Uint16Array(count);
  for (let at = 0; at < count; at++) {
    const entry = packed ? item.byteArray[data.dataOffset + at] : item.uint16("x00283006", at);
    if (entry === undefined || entry > top) throw refuse(`has entry ${at} past its ${bits} bits`);
    entries[at] = entry;
  }
  return { first, entries, top };
}

/** The table's output for an input. */
export function lookUp({ first, entries }: LookupTable, input: number): number {
  const at = Math.min(Math.max(Math.round(input) - first, 0), entries.length - 1);
  return entries[at] ?? 0;
}
