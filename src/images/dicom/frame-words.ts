import { decodeRaster } from "../decode-raster.ts";
import { ImageError } from "../image-error.ts";
import { readJpegHeader } from "./jpeg-header.ts";
import { decodeJpegLossless } from "./jpeg-lossless.ts";
import type { OpenDicom } from "./open-dicom.ts";
import { encapsulatedFrame, nativeWords } from "./pixel-bytes.ts";
import type { StoredForm } from "./stored-form.ts";

/** The one frame's words, decompressed. Throws ImageError. */
export async function frameWords(
  file: string,
  dicom: OpenDicom,
  form: StoredForm,
): Promise<Uint8Array | Uint16Array> {
  if (dicom.coding === "native") return nativeWords(file, dicom, form);
  const frame = encapsulatedFrame(file, dicom);
  const header = readJpegHeader(file, frame);
  const { width, height, components, precision } = header;
  if (width !== form.width || height !== form.height || components !== 1) {
    const found = `a JPEG of ${width} x ${height}, ${components} components`;
    throw new ImageError(file, "unreadable", `DICOM of ${form.width} x ${form.height} grey holds ${found}`);
  }
  if (precision > form.bitsAllocated)
    throw new ImageError(
      file,
      "unreadable",
      `DICOM of ${form.bitsAllocated} bits holds a JPEG of ${precision}`,
    );
  if (dicom.coding === "jpeg lossless") return decodeJpegLossless(file, frame, header);
  if (precision !== 8)
    throw new ImageError(
      file,
      "unsupported format",
      `DICOM in JPEG Extended of ${precision} bits; 8 are read`,
    );
  const { data, channels } = await decodeRaster(frame, file);
  if (channels !== 1)
    throw new ImageError(file, "unreadable", `DICOM's JPEG decodes to ${channels} channels`);
  return data;
}
