import { inflateRawSync } from "node:zlib";
import dicomParser, { type ByteArray, type DataSet, type Element } from "dicom-parser";
import { messageOf } from "../../util/user-error.ts";
import { ImageError } from "../image-error.ts";
import { MAX_PIXELS } from "../limits.ts";
import { bareStart, hasPreamble } from "./is-dicom.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  nameSyntax,
  type PixelCoding,
  READ_SYNTAXES,
} from "./transfer-syntax.ts";

/** A DICOM file with its header read and its pixel data found. */
export interface OpenDicom {
  readonly attributes: DataSet;
  /** The whole file, inflated where it was deflated; the offsets count in it. */
  readonly bytes: Uint8Array;
  readonly coding: PixelCoding;
  readonly bigEndian: boolean;
  readonly pixelData: Element;
}

const PIXEL_DATA = "x7fe00010";
const DEFLATED = "1.2.840.10008.1.2.1.99";

/**
 * Bytes in which the pixel data have to begin. The parser makes an object of every element, some twenty times as
 * large as the smallest, so it is never given more than this. The longest honest headers (several lookup tables of
 * 128 kB, a maker's private data) measure a few MB.
 */
const MAX_HEADER_BYTES = 8 * 1024 * 1024;

/** A header and 16 bits a pixel of the largest picture: nothing that is read inflates to more. */
const MAX_INFLATED_BYTES = MAX_HEADER_BYTES + 2 * MAX_PIXELS;

/**
 * Reads a file's header up to its pixel data. What follows the pixel data is not read.
 * Throws ImageError: "truncated" where the file ends in its header, "unsupported format" with the name of a transfer
 * syntax that is not read, "unreadable" for a header that is none.
 */
export function openDicom(file: string, source: Uint8Array): OpenDicom {
  const start = hasPreamble(source) ? "preamble" : bareStart(source);
  const plain = start === "file meta" ? Buffer.concat([PREAMBLE, source]) : source;
  let bytes: Uint8Array = plain;
  // Called by the parser with what it was given, but the file's end may lie past that.
  const inflater = (_: ByteArray, position: number): Uint8Array => {
    bytes = Buffer.concat([plain.subarray(0, position), inflate(file, plain.subarray(position))]);
    return head(bytes);
  };
  const bare = start === "explicit" ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN;
  const given = start === "explicit" || start === "implicit" ? { TransferSyntaxUID: bare } : {};
  const attributes = parse(file, plain, { ...given, untilTag: PIXEL_DATA, inflater });
  const syntax = attributes.string("x00020010") ?? bare;
  const coding = READ_SYNTAXES.get(syntax);
  if (coding === undefined)
    throw new ImageError(file, "unsupported format", `DICOM in ${nameSyntax(syntax)}`);
  const pixelData = attributes.elements[PIXEL_DATA];
  if (pixelData === undefined) throw withoutPixels(file, attributes, bytes);
  return { attributes, bytes, coding, bigEndian: syntax === EXPLICIT_BIG_ENDIAN, pixelData };
}

const PREAMBLE = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM", "latin1")]);

function head(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, MAX_HEADER_BYTES);
}

function parse(file: string, bytes: Uint8Array, options: dicomParser.ParseDicomOptions): DataSet {
  try {
    return dicomParser.parseDicom(head(bytes), options);
  } catch (thrown) {
    throw headerFailure(file, bytes.length, thrown);
  }
}

/** The parser throws strings, errors, and errors wrapped with the elements read so far. */
export function headerFailure(file: string, length: number, thrown: unknown): ImageError {
  const cause = thrown instanceof Object && "exception" in thrown ? thrown.exception : thrown;
  if (cause instanceof ImageError) return cause;
  const detail = messageOf(cause);
  if (!/past (?:the )?end|overread|overrun|'position' cannot be greater/i.test(detail))
    return new ImageError(file, "unreadable", `DICOM: ${detail}`, { cause });
  if (length > MAX_HEADER_BYTES) return tooLongHeader(file);
  return new ImageError(file, "truncated", "the DICOM file ends in its header", { cause });
}

function withoutPixels(file: string, attributes: DataSet, bytes: Uint8Array): ImageError {
  if (bytes.length > MAX_HEADER_BYTES) return tooLongHeader(file);
  const other = ["x7fe00008", "x7fe00009"].some((tag) => attributes.elements[tag] !== undefined);
  if (other) return new ImageError(file, "unsupported format", "DICOM with floating point pixels");
  // A file cut between two elements shows in nothing else: an object that states rows has pixels.
  if (attributes.elements.x00280010 !== undefined)
    return new ImageError(file, "truncated", "the DICOM file ends before its pixel data");
  return new ImageError(file, "unsupported format", "DICOM without pixel data");
}

function tooLongHeader(file: string): ImageError {
  const detail = `DICOM whose pixel data do not begin in the first ${MAX_HEADER_BYTES} bytes`;
  return new ImageError(file, "unsupported format", detail);
}

function inflate(file: string, deflated: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(deflated, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw new ImageError(file, "too large", `inflates to over ${MAX_INFLATED_BYTES} bytes`, {
        cause: error,
      });
    const failure = code === "Z_BUF_ERROR" ? "truncated" : "unreadable";
    throw new ImageError(file, failure, `DICOM ${DEFLATED}: ${messageOf(error)}`, { cause: error });
  }
}
