import { ImageError } from "../image-error.ts";
import type { StoredForm } from "./stored-form.ts";

/**
 * The samples as the bits that store them: numbers of `bitsStored` bits, unsigned, from words as they lie in the file.
 * A word whose other bits are neither zero nor the sign's extension is refused: there the header states fewer bits than
 * the samples have, and masking would wrap bright pixels to dark. Where the header says that overlay planes lie in
 * those bits they are masked off.
 */
export function storedCodes(file: string, words: Uint16Array | Uint8Array, form: StoredForm): Uint16Array {
  const { shift, bitsStored, overlaid } = form;
  const mask = 2 ** bitsStored - 1;
  const allocated = 2 ** form.bitsAllocated - 1;
  const extension = form.signed ? allocated & ~((mask << shift) | (2 ** shift - 1)) : 0;
  const codes = new Uint16Array(words.length);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? 0;
    const code = (word >> shift) & mask;
    const rest = word & ~(mask << shift);
    if (rest !== 0 && !overlaid && !(rest === extension && isNegative(code, bitsStored))) {
      const detail = `DICOM whose sample ${at} (0x${word.toString(16)}) needs more than the ${bitsStored} bits stored`;
      throw new ImageError(file, "unreadable", detail);
    }
    codes[at] = code;
  }
  return codes;
}

/** The number that a code stands for: itself, or its two's complement. */
export function codeValue(code: number, { signed, bitsStored }: StoredForm): number {
  return signed && isNegative(code, bitsStored) ? code - 2 ** bitsStored : code;
}

function isNegative(code: number, bitsStored: number): boolean {
  return code >= 2 ** (bitsStored - 1);
}
