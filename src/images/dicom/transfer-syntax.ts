/** How the pixels of a transfer syntax that is read are stored. */
export type PixelCoding = "native" | "jpeg" | "jpeg lossless";

/** The transfer syntaxes that are read (PS3.5, annex A; PS3.6, table A-1). */
export const READ_SYNTAXES: ReadonlyMap<string, PixelCoding> = new Map([
  ["1.2.840.10008.1.2", "native"],
  ["1.2.840.10008.1.2.1", "native"],
  ["1.2.840.10008.1.2.1.99", "native"],
  ["1.2.840.10008.1.2.2", "native"],
  ["1.2.840.10008.1.2.4.50", "jpeg"],
  ["1.2.840.10008.1.2.4.51", "jpeg"],
  ["1.2.840.10008.1.2.4.57", "jpeg lossless"],
  ["1.2.840.10008.1.2.4.70", "jpeg lossless"],
]);

export const IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";
export const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
export const EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2";

/** Names of those that are not, for the refusal. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed"],
  ["1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"],
  ["1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"],
  ["1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"],
  ["1.2.840.10008.1.2.4.91", "JPEG 2000"],
  ["1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Lossless"],
  ["1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2"],
  ["1.2.840.10008.1.2.4.94", "JPIP Referenced"],
  ["1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"],
  ["1.2.840.10008.1.2.4.100", "MPEG-2 Main Profile"],
  ["1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264"],
  ["1.2.840.10008.1.2.4.110", "JPEG XL Lossless"],
  ["1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression"],
  ["1.2.840.10008.1.2.4.112", "JPEG XL"],
  ["1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless"],
  ["1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Lossless"],
  ["1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"],
  ["1.2.840.10008.1.2.5", "RLE Lossless"],
  ["1.2.840.10008.1.2.8.1", "Deflated Image Frame"],
]);

/** A transfer syntax that is not read, by name and number. */
export function nameSyntax(uid: string): string {
  const name = OTHER_NAMES.get(uid);
  return name === undefined ? `transfer syntax ${uid}` : `${name} (${uid})`;
}
