import type { DataSet } from "dicom-parser";
import { ImageError } from "../image-error.ts";
import { MAX_PIXELS } from "../limits.ts";
import { needUnsigned, readDecimal, readText, readUnsigned } from "./read-attribute.ts";

/** How a radiograph's samples are stored (PS3.3, section C.7.6.3). */
export interface StoredForm {
  readonly width: number;
  readonly height: number;
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  /** Bits below the lowest stored one. */
  readonly shift: number;
  readonly signed: boolean;
  /** MONOCHROME1: the lowest value is white. */
  readonly inverted: boolean;
  /** Whether the bits that store no sample may hold overlay planes (retired since 2004). */
  readonly overlaid: boolean;
}

/**
 * Reads the form of a single grey frame. Throws ImageError: "unsupported format" for colour, several frames, or depths
 * other than 8 and 16 bits; "too large"; "unreadable" for a form that contradicts itself.
 */
export function readStoredForm(file: string, attributes: DataSet): StoredForm {
  refuseOtherThanOneGreyFrame(file, attributes);
  const height = needUnsigned(file, attributes, { name: "Rows", tag: "x00280010" });
  const width = needUnsigned(file, attributes, { name: "Columns", tag: "x00280011" });
  const bitsAllocated = needUnsigned(file, attributes, { name: "Bits Allocated", tag: "x00280100" });
  const bitsStored = needUnsigned(file, attributes, { name: "Bits Stored", tag: "x00280101" });
  const highBit = readUnsigned(attributes, { name: "High Bit", tag: "x00280102" }) ?? bitsStored - 1;
  const sign = readUnsigned(attributes, { name: "Pixel Representation", tag: "x00280103" }) ?? 0;
  if (width === 0 || height === 0)
    throw new ImageError(file, "unreadable", `DICOM of ${width} x ${height} pixels`);
  if (width * height > MAX_PIXELS)
    throw new ImageError(file, "too large", `${width} x ${height}, over ${MAX_PIXELS} pixels`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw new ImageError(file, "unsupported format", `DICOM with ${bitsAllocated} bits allocated`);
  const shift = highBit + 1 - bitsStored;
  if (bitsStored < 1 || shift < 0 || highBit >= bitsAllocated || sign > 1) {
    const form = `${bitsAllocated} bits allocated, ${bitsStored} stored, high bit ${highBit}, representation ${sign}`;
    throw new ImageError(file, "unreadable", `DICOM contradicts itself: ${form}`);
  }
  const inverted = readText(attributes, PHOTOMETRIC) === "MONOCHROME1";
  const signed = sign === 1;
  const overlaid = hasPlanesInPixels(attributes);
  return { width, height, bitsAllocated, bitsStored, shift, signed, inverted, overlaid };
}

const PHOTOMETRIC = { name: "Photometric Interpretation", tag: "x00280004" };

function refuseOtherThanOneGreyFrame(file: string, attributes: DataSet): void {
  const refuse = (what: string) => new ImageError(file, "unsupported format", `DICOM ${what}`);
  if (attributes.elements.x52009229 !== undefined || attributes.elements.x52009230 !== undefined)
    throw refuse("with functional groups (an enhanced object)");
  const frames = readDecimal(file, attributes, { name: "Number of Frames", tag: "x00280008" }) ?? 1;
  if (frames !== 1) throw refuse(`of ${frames} frames`);
  const photometric = readText(attributes, PHOTOMETRIC);
  if (photometric === "")
    throw new ImageError(file, "unreadable", "DICOM without Photometric Interpretation");
  if (photometric !== "MONOCHROME1" && photometric !== "MONOCHROME2")
    throw refuse(`in ${photometric.slice(0, 20)}; MONOCHROME1 and MONOCHROME2 are read`);
  const samples = readUnsigned(attributes, { name: "Samples per Pixel", tag: "x00280002" }) ?? 1;
  if (samples !== 1) throw refuse(`of ${samples} samples a pixel`);
}

/** Overlay planes kept in unused bits have Overlay Bits Allocated (60xx,0100) of the pixel's size, not 1. */
function hasPlanesInPixels(attributes: DataSet): boolean {
  for (let group = 0; group <= 0x1e; group += 2) {
    const tag = `x60${group.toString(16).padStart(2, "0")}0100`;
    if ((readUnsigned(attributes, { name: "Overlay Bits Allocated", tag }) ?? 1) > 1) return true;
  }
  return false;
}
