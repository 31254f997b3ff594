import { Decoder } from "@cornerstonejs/jpeg-lossless-decoder-js";
import { messageOf } from "../../util/user-error.ts";
import { ImageError } from "../image-error.ts";
import type { JpegHeader } from "./jpeg-header.ts";

/**
 * Predictor 7 is (Ra + Rb) >> 1 (ITU-T T.81, table H.1); the library keeps the half, which goes wrong where a sample
 * of 16 bits wraps.
 */
class LosslessDecoder extends Decoder {
  override select7(component?: number): number {
    return (this.getPreviousX(component) + this.getPreviousY(component)) >> 1;
  }
}

/**
 * Decodes a lossless JPEG (T.81, annex H) of one component, `header` being its own. The library pads a stream that
 * ends early with black and says nothing, ignores the point transform, and predicts wrongly after a restart: these
 * are refused here by name.
 */
export function decodeJpegLossless(
  file: string,
  bytes: Uint8Array,
  header: JpegHeader,
): Uint8Array | Uint16Array {
  const refuse = (what: string) => new ImageError(file, "unsupported format", `JPEG Lossless ${what}`);
  const { precision, predictor } = header;
  if (header.process !== 0xc3)
    throw new ImageError(file, "unreadable", "DICOM says JPEG Lossless, its JPEG is another process");
  if (header.restartInterval !== 0) throw refuse("with restart intervals");
  if (header.pointTransform !== 0) throw refuse("with a point transform");
  if (precision < 2 || precision > 16 || predictor < 1 || predictor > 7)
    throw new ImageError(file, "unreadable", `JPEG Lossless of ${precision} bits, predictor ${predictor}`);
  if (!endsWithMarker(bytes))
    throw new ImageError(file, "truncated", "the JPEG in the DICOM file ends before its end marker");
  const decoder = new LosslessDecoder();
  try {
    decoder.decode(toArrayBuffer(bytes));
  } catch (error) {
    throw new ImageError(file, "unreadable", `JPEG Lossless: ${messageOf(error)}`, { cause: error });
  }
  // A marker before its time leaves `yLoc` short.
  if (decoder.yLoc !== header.height || decoder.outputData === null)
    throw new ImageError(
      file,
      "unreadable",
      `JPEG Lossless stops in row ${decoder.yLoc} of ${header.height}`,
    );
  return decoder.outputData;
}

/** Whether EOI stands at the end, padding apart: in entropy coded data it cannot. */
function endsWithMarker(bytes: Uint8Array): boolean {
  const last = bytes.findLastIndex((byte) => byte !== 0);
  return bytes[last] === 0xd9 && bytes[last - 1] === 0xff;
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
