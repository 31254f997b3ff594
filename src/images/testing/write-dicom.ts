import { deflateRawSync } from "node:zlib";

/** Value representations that the writer knows. */
type Vr = "US" | "SS" | "UL" | "UI" | "CS" | "DS" | "IS" | "OW" | "OB" | "SQ";

/** An element: tag as eight hex digits, VR, and its value. A sequence holds items, each a list of elements. */
export interface DicomElement {
  readonly tag: string;
  readonly vr: Vr;
  readonly value: string | readonly number[] | Uint8Array | readonly (readonly DicomElement[])[];
}

/** How a data set is written. */
export interface Encoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

const EXPLICIT: Encoding = { explicit: true, bigEndian: false };

/** What the spec of a picture says; everything else a single grey frame needs is filled in. */
export interface DicomSpec {
  readonly syntax?: string;
  readonly rows: number;
  readonly columns: number;
  readonly allocated?: 8 | 16;
  readonly stored?: number;
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
  /** Words as they lie in the file, before byte order. */
  readonly words?: readonly number[];
  /** Fragments instead of words, the table of offsets not counted. */
  readonly fragments?: readonly Uint8Array[];
  /** The table of the fragments' offsets, empty by default. */
  readonly offsets?: readonly number[];
  /** Further elements; a tag given here replaces the writer's own. */
  readonly extra?: readonly DicomElement[];
  /** "none" leaves the preamble out, "bare" the file meta group too. */
  readonly head?: "preamble" | "none" | "bare";
}

/** A DICOM file, byte by byte (PS3.5 chapter 7, PS3.10 chapter 7). */
export function writeDicom(spec: DicomSpec): Buffer {
  const syntax = spec.syntax ?? "1.2.840.10008.1.2.1";
  const encoding = { explicit: syntax !== "1.2.840.10008.1.2", bigEndian: syntax === "1.2.840.10008.1.2.2" };
  const elements = new Map(formElements(spec).map((element) => [element.tag, element]));
  for (const element of spec.extra ?? []) elements.set(element.tag, element);
  const sorted = [...elements.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const plain = Buffer.concat([
    ...sorted.map((element) => elementBytes(element, encoding)),
    pixelBytes(spec, encoding),
  ]);
  const body = syntax === "1.2.840.10008.1.2.1.99" ? deflateRawSync(plain) : plain;
  if (spec.head === "bare") return body;
  const uid = elementBytes({ tag: "00020010", vr: "UI", value: syntax }, EXPLICIT);
  const length = elementBytes({ tag: "00020000", vr: "UL", value: [uid.length] }, EXPLICIT);
  const preamble = spec.head === "none" ? [] : [Buffer.alloc(128), Buffer.from("DICM")];
  return Buffer.concat([...preamble, length, uid, body]);
}

function formElements(spec: DicomSpec): DicomElement[] {
  const allocated = spec.allocated ?? 16;
  const stored = spec.stored ?? allocated;
  const short = (tag: string, value: number): DicomElement => ({ tag, vr: "US", value: [value] });
  return [
    { tag: "00080060", vr: "CS", value: "DX" },
    short("00280002", 1),
    { tag: "00280004", vr: "CS", value: spec.photometric ?? "MONOCHROME2" },
    short("00280010", spec.rows),
    short("00280011", spec.columns),
    short("00280100", allocated),
    short("00280101", stored),
    short("00280102", spec.highBit ?? stored - 1),
    short("00280103", spec.signed === true ? 1 : 0),
  ];
}

function pixelBytes(
  { words, fragments, offsets = [], allocated = 16 }: DicomSpec,
  encoding: Encoding,
): Buffer {
  if (fragments !== undefined) {
    const header = elementHeader("7fe00010", "OB", 0xffffffff, encoding);
    const table = Buffer.concat(offsets.map((offset) => uint32(offset, encoding)));
    const items = [table, ...fragments].map((fragment) => {
      const padded = fragment.length % 2 === 0 ? fragment : Buffer.concat([fragment, Buffer.alloc(1)]);
      return Buffer.concat([tagBytes("fffee000", encoding), uint32(padded.length, encoding), padded]);
    });
    return Buffer.concat([header, ...items, tagBytes("fffee0dd", encoding), uint32(0, encoding)]);
  }
  if (words === undefined) return Buffer.alloc(0);
  const vr = allocated === 16 ? "OW" : "OB";
  const value = allocated === 16 ? shorts(words, encoding) : Buffer.from(words);
  return elementBytes({ tag: "7fe00010", vr, value }, encoding);
}

function elementBytes({ tag, vr, value }: DicomElement, encoding: Encoding): Buffer {
  const bytes = valueBytes(vr, value, encoding);
  return Buffer.concat([elementHeader(tag, vr, bytes.length, encoding), bytes]);
}

function elementHeader(tag: string, vr: Vr, length: number, encoding: Encoding): Buffer {
  if (!encoding.explicit) return Buffer.concat([tagBytes(tag, encoding), uint32(length, encoding)]);
  const head = Buffer.concat([tagBytes(tag, encoding), Buffer.from(vr)]);
  if (vr === "OW" || vr === "OB" || vr === "SQ")
    return Buffer.concat([head, Buffer.alloc(2), uint32(length, encoding)]);
  return Buffer.concat([head, shorts([length], encoding)]);
}

function valueBytes(vr: Vr, value: DicomElement["value"], encoding: Encoding): Buffer {
  if (typeof value === "string") {
    const filler = vr === "UI" ? "\0" : " ";
    return Buffer.from(value.length % 2 === 0 ? value : value + filler, "latin1");
  }
  if (value instanceof Uint8Array) return Buffer.concat([value, Buffer.alloc(value.length % 2)]);
  if (vr === "SQ") {
    const items = (value as readonly (readonly DicomElement[])[]).map((item) => {
      const body = Buffer.concat(item.map((element) => elementBytes(element, encoding)));
      return Buffer.concat([tagBytes("fffee000", encoding), uint32(body.length, encoding), body]);
    });
    return Buffer.concat(items);
  }
  const numbers = value as readonly number[];
  return vr === "UL"
    ? Buffer.concat(numbers.map((number) => uint32(number, encoding)))
    : shorts(numbers, encoding);
}

function tagBytes(tag: string, encoding: Encoding): Buffer {
  return shorts([Number.parseInt(tag.slice(0, 4), 16), Number.parseInt(tag.slice(4), 16)], encoding);
}

function shorts(values: readonly number[], { bigEndian }: Encoding): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, at) => {
    if (bigEndian) bytes.writeUInt16BE(value & 0xffff, at * 2);
    else bytes.writeUInt16LE(value & 0xffff, at * 2);
  });
  return bytes;
}

function uint32(value: number, { bigEndian }: Encoding): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}
