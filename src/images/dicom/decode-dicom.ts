import { ImageError } from "../image-error.ts";
import { frameWords } from "./frame-words.ts";
import { type GreyLevels, greyLevels, type ShownBy } from "./grey-levels.ts";
import { headerFailure, type OpenDicom, openDicom } from "./open-dicom.ts";
import { storedCodes } from "./stored-codes.ts";
import { readStoredForm, type StoredForm } from "./stored-form.ts";

/**
 * One DICOM radiograph to 8-bit grey: MONOCHROME1 and 2, 8 or 16 bits allocated, signed or not, uncompressed (implicit,
 * explicit, big endian, deflated), JPEG Baseline and Extended of 8 bits, JPEG Lossless; with the preamble or without.
 * Refused by name: other transfer syntaxes, colour, several frames, enhanced objects.
 * Not covered: overlays, display shutters, presentation states; pixels are taken as stored, whatever the patient's
 * orientation.
 */

/** A DICOM picture before its grey levels are rounded to 8 bits. */
export interface DicomPicture {
  readonly width: number;
  readonly height: number;
  /** Bits allocated a sample. */
  readonly sourceBits: 8 | 16;
  /** Row by row from the top left: the stored bits, of which `levels` says the grey. */
  readonly codes: Uint16Array;
  /** Grey by code, real numbers from 0, black, to 255, white. */
  readonly levels: Float64Array;
  readonly shownBy: ShownBy;
}

/** The same with its pixels, 0 to 255. */
export interface DecodedDicom extends DicomPicture {
  readonly pixels: Uint8Array;
}

/** Decodes a file's bytes to the exact grey levels. Throws ImageError. */
export async function readDicom(bytes: Uint8Array, file: string): Promise<DicomPicture> {
  const dicom = openDicom(file, bytes);
  const form = readHeader(file, dicom, () => readStoredForm(file, dicom.attributes));
  const codes = storedCodes(file, await frameWords(file, dicom, form), form);
  const levels = readHeader(file, dicom, () => greyLevels(file, dicom.attributes, form, codes));
  return pictureOf(form, codes, levels);
}

/** Decodes a file's bytes to 8-bit grey, each level rounded to the nearest. Throws ImageError. */
export async function decodeDicom(bytes: Uint8Array, file: string): Promise<DecodedDicom> {
  const picture = await readDicom(bytes, file);
  const rounded = Uint8Array.from(picture.levels, (level) => Math.round(level));
  const pixels = new Uint8Array(picture.codes.length);
  for (let at = 0; at < pixels.length; at++) pixels[at] = rounded[picture.codes[at] ?? 0] ?? 0;
  return { ...picture, pixels };
}

function pictureOf(form: StoredForm, codes: Uint16Array, { byCode, shownBy }: GreyLevels): DicomPicture {
  const { width, height, bitsAllocated } = form;
  return { width, height, sourceBits: bitsAllocated, codes, levels: byCode, shownBy };
}

/** The parser reads values when they are asked for, and throws then for those that lie past the file's end. */
function readHeader<T>(file: string, dicom: OpenDicom, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw headerFailure(file, dicom.bytes.length, error);
  }
}
