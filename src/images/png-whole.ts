const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= SIGNATURE.length && SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/**
 * Whether a PNG's chunks go on to IEND within the bytes (PNG specification, section 5.3: length, type, data, CRC).
 * The decoder itself accepts a file that ends after its last pixel and does not say of the others that they end
 * early.
 */
export function isWholePng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE.length;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) return false;
    if (view.getUint32(at + 4) === IEND) return true;
    at = end;
  }
  return false;
}

/** "IEND" as a big-endian number. */
const IEND = 0x49454e44;
