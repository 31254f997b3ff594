/**
 * Channels to one 8-bit grey channel. Alpha is dropped, not blended: the few RGBA radiographs in NIH's release are
 * opaque, and Pillow's `convert("L")` drops it too.
 */

/** Samples of one picture as decoded: interleaved channels (1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha). */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

/**
 * Grey levels 0..255, row by row.
 * Colour by ITU-R 601 luma in Pillow's integer form, (19595 R + 38470 G + 7471 B + 2^15) / 2^16: the weights sum to
 * 2^16, so a picture with equal channels keeps its exact values. 16-bit samples are scaled from their full range,
 * round(v * 255 / 65535) as in libpng's png_set_scale_16, after the luma; none are stretched to what one picture
 * happens to use.
 */
export function toGrey8({ width, height, channels, data }: Samples): Uint8Array {
  const grey = new Uint8Array(width * height);
  const colour = channels >= 3;
  const wide = data instanceof Uint16Array;
  if (!colour && !wide && channels === 1) {
    grey.set(data.subarray(0, grey.length));
    return grey;
  }
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += channels) {
    const value = colour ? luma(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) : (data[at] ?? 0);
    grey[pixel] = wide ? Math.round(value / 257) : value;
  }
  return grey;
}

function luma(red: number, green: number, blue: number): number {
  return Math.floor((19595 * red + 38470 * green + 7471 * blue + 32768) / 65536);
}
