import { ImageError } from "../image-error.ts";

/** What a JPEG stream says of itself before its first scan. */
export interface JpegHeader {
  /** The frame's marker, 0xc0 baseline to 0xcf: 0xc3 is lossless. */
  readonly process: number;
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Samples between restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Of the first scan: the predictor of a lossless one, and its point transform. */
  readonly predictor: number;
  readonly pointTransform: number;
}

/**
 * Reads the segments up to the first scan's header (ITU-T T.81, annex B). Throws ImageError for a stream that ends
 * before, or holds anything there but tables, application data, comments and one frame header.
 */
export function readJpegHeader(file: string, bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cut = () => new ImageError(file, "truncated", "the JPEG in the DICOM file ends in its header");
  const refuse = (what: string) => new ImageError(file, "unreadable", `the JPEG in the DICOM file ${what}`);
  if (bytes.length < 2) throw cut();
  if (view.getUint16(0) !== 0xffd8) throw refuse("does not begin as one");
  let frame: Omit<JpegHeader, "restartInterval" | "predictor" | "pointTransform"> | null = null;
  let restartInterval = 0;
  for (let at = 2; ; ) {
    if (at + 4 > bytes.length) throw cut();
    const marker = view.getUint16(at) - 0xff00;
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2) throw refuse("has an empty segment");
    if (end > bytes.length) throw cut();
    if (isFrame(marker)) {
      if (frame !== null || length < 8) throw refuse("has two frame headers or a short one");
      frame = {
        process: marker,
        precision: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
      };
    } else if (marker === START_OF_SCAN) {
      if (frame === null || length < 6) throw refuse("has no frame header or a short scan header");
      const pointTransform = view.getUint8(end - 1) & 15;
      return { ...frame, restartInterval, predictor: view.getUint8(end - 3), pointTransform };
    } else if (marker === RESTART_INTERVAL && length === 4) {
      restartInterval = view.getUint16(at + 4);
    } else if (!isTableOrNote(marker)) {
      throw refuse(`has marker 0x${(marker + 0xff00).toString(16)} in its header`);
    }
    at = end;
  }
}

const START_OF_SCAN = 0xda;
const RESTART_INTERVAL = 0xdd;

/** 0xc0 to 0xcf but for DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** DHT, DQT, APP0 to APP15, COM. */
function isTableOrNote(marker: number): boolean {
  return marker === 0xc4 || marker === 0xdb || (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}
