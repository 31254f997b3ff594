import { ImageError } from "../image-error.ts";
import type { OpenDicom } from "./open-dicom.ts";
import type { StoredForm } from "./stored-form.ts";

/** Fragments of one frame; encoders write one, or a few. */
const MAX_FRAGMENTS = 65_536;

/** An uncompressed frame's words. Throws ImageError "truncated" where the file ends before them. */
export function nativeWords(file: string, dicom: OpenDicom, form: StoredForm): Uint8Array | Uint16Array {
  const { bytes, pixelData, bigEndian } = dicom;
  const bytesEach = form.bitsAllocated / 8;
  const count = form.width * form.height;
  const expected = count * bytesEach;
  if (pixelData.hadUndefinedLength === true)
    throw new ImageError(file, "unreadable", "DICOM with fragments in an uncompressed transfer syntax");
  if (pixelData.dataOffset + pixelData.length > bytes.length || pixelData.length < expected) {
    const there = Math.min(pixelData.length, Math.max(0, bytes.length - pixelData.dataOffset));
    throw new ImageError(file, "truncated", `DICOM with ${there} of ${expected} bytes of pixels`);
  }
  // Some writers pad; a second frame's worth is no padding.
  if (pixelData.length >= 2 * expected && expected > 1)
    throw new ImageError(
      file,
      "unreadable",
      `DICOM with ${pixelData.length} bytes for ${expected} of pixels`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset + pixelData.dataOffset, pixelData.length);
  if (bytesEach === 2) {
    const words = new Uint16Array(count);
    for (let at = 0; at < count; at++) words[at] = view.getUint16(2 * at, !bigEndian);
    return words;
  }
  // Bytes in a big endian OW come in swapped pairs (PS3.5, section 8.1.1).
  const swapped = bigEndian && pixelData.vr === "OW" ? 1 : 0;
  const words = new Uint8Array(count);
  for (let at = 0; at < count; at++) words[at] = view.getUint8(at ^ swapped);
  return words;
}

/** A compressed frame's bytes, its fragments joined (PS3.5, annex A.4). Throws ImageError "truncated". */
export function encapsulatedFrame(file: string, { bytes, pixelData }: OpenDicom): Uint8Array {
  if (pixelData.hadUndefinedLength !== true)
    throw new ImageError(file, "unreadable", "DICOM without fragments in a compressed transfer syntax");
  const cut = () => new ImageError(file, "truncated", "the DICOM file ends in its pixel data");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fragments: Uint8Array[] = [];
  for (let at = pixelData.dataOffset; ; ) {
    if (at + 8 > bytes.length) throw cut();
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    at += 8;
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM) throw new ImageError(file, "unreadable", "DICOM with something between its fragments");
    if (at + length > bytes.length) throw cut();
    fragments.push(bytes.subarray(at, at + length));
    if (fragments.length > MAX_FRAGMENTS)
      throw new ImageError(file, "unreadable", `DICOM of over ${MAX_FRAGMENTS} fragments`);
    at += length;
  }
  // The first item is the table of the frames' offsets, which one frame does not need.
  return Buffer.concat(fragments.slice(1));
}

/** (fffe,e000) and (fffe,e0dd), group and element each little endian, read as one little endian number. */
const ITEM = 0xe000fffe;
const SEQUENCE_END = 0xe0ddfffe;
