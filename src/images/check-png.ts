import { crc32 } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= SIGNATURE.length && SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/**
 * Whether a PNG's chunks go on to IEND within the bytes, and those that the picture is made of have their CRC (PNG
 * specification, section 5.3: length, type, data, CRC). The decoder itself accepts a file that ends after its last
 * pixel, does not say of the others that they end early, and leaves the last CRC unread.
 */
export function checkPng(bytes: Uint8Array): "whole" | "truncated" | "damaged" {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let damaged = false;
  let at = SIGNATURE.length;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) return "truncated";
    const ancillary = (view.getUint8(at + 4) & 0x20) !== 0;
    if (!ancillary && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) damaged = true;
    if (view.getUint32(at + 4) === IEND) return damaged ? "damaged" : "whole";
    at = end;
  }
  return "truncated";
}

/** "IEND" as a big-endian number. */
const IEND = 0x49454e44;
