/** DICOM's mark: "DICM" after a preamble of 128 bytes (PS3.10, section 7.1). */
export function hasPreamble(bytes: Uint8Array): boolean {
  return bytes.length >= 132 && Buffer.from(bytes.subarray(128, 132)).toString("latin1") === "DICM";
}

/** How a data set without preamble begins. */
export type BareStart = "file meta" | "explicit" | "implicit";

/**
 * What a file that lacks the preamble begins with: the file meta group (0002), or at once group 0008 in either little
 * endian encoding. Null where the first element is none that begins a data set.
 */
export function bareStart(bytes: Uint8Array): BareStart | null {
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const group = view.getUint16(0, true);
  const element = view.getUint16(2, true);
  const explicit = /^(?:AE|CS|DA|DT|LO|PN|SH|ST|TM|UI|UL|UN|OB)$/.test(
    Buffer.from(bytes.subarray(4, 6)).toString("latin1"),
  );
  if (group === 0x0002 && element <= 0x0010) return explicit ? "file meta" : null;
  if (group !== 0x0008 || element > 0x0070) return null;
  if (explicit) return "explicit";
  // A data set's first elements are short: a length past that is some other file that begins alike.
  return view.getUint32(4, true) <= 256 ? "implicit" : null;
}

/** Whether bytes are DICOM, with the preamble or without. */
export function isDicom(bytes: Uint8Array): boolean {
  return hasPreamble(bytes) || bareStart(bytes) !== null;
}
