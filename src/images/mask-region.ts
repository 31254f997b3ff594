import type { GreyImage } from "./decode.ts";

/** A rectangle as shares of a picture's width and height. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const CORNER = 0.15;
const FRAME = 0.06;
const FAR = 1 - CORNER;

/**
 * Parts of a frontal radiograph by place alone. `lungs` are the two rectangles in which the lungs of a well placed chest
 * lie, with the heart's edge and the ribs over them; nothing is segmented.
 */
export const REGIONS = {
  "top left corner": [{ left: 0, top: 0, width: CORNER, height: CORNER }],
  "top right corner": [{ left: FAR, top: 0, width: CORNER, height: CORNER }],
  "bottom left corner": [{ left: 0, top: FAR, width: CORNER, height: CORNER }],
  "bottom right corner": [{ left: FAR, top: FAR, width: CORNER, height: CORNER }],
  border: [
    { left: 0, top: 0, width: 1, height: FRAME },
    { left: 0, top: 1 - FRAME, width: 1, height: FRAME },
    { left: 0, top: 0, width: FRAME, height: 1 },
    { left: 1 - FRAME, top: 0, width: FRAME, height: 1 },
  ],
  lungs: [
    { left: 0.1, top: 0.12, width: 0.35, height: 0.68 },
    { left: 0.55, top: 0.12, width: 0.35, height: 0.68 },
  ],
} as const satisfies Record<string, readonly Box[]>;
export type RegionName = keyof typeof REGIONS;
export const REGION_NAMES = Object.keys(REGIONS) as RegionName[];

/** Which pixels of a picture are hidden: 1 hidden, 0 kept, row by row. */
export interface PixelMask {
  readonly width: number;
  readonly height: number;
  readonly hidden: Uint8Array;
}

/** The pixels whose middle lies in one of the boxes. */
export function boxMask(
  { width, height }: Pick<GreyImage, "width" | "height">,
  boxes: readonly Box[],
): PixelMask {
  const hidden = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [(column + 0.5) / width, (row + 0.5) / height];
      const inside = boxes.some(
        (box) => x > box.left && x < box.left + box.width && y > box.top && y < box.top + box.height,
      );
      if (inside) hidden[row * width + column] = 1;
    }
  }
  return { width, height, hidden };
}

/** The mask moved right and down by whole pixels; what leaves at one edge comes in at the other, so none is lost. */
export function movedMask({ width, height, hidden }: PixelMask, right: number, down: number): PixelMask {
  const moved = new Uint8Array(hidden.length);
  const wrap = (at: number, size: number): number => ((at % size) + size) % size;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = wrap(row + down, height) * width + wrap(column + right, width);
      moved[at] = hidden[row * width + column] as number;
    }
  }
  return { width, height, hidden: moved };
}

/**
 * The picture with the hidden pixels replaced: by one grey level, or by what another picture shows at the same place
 * (shares of its sides; the nearest pixel). The picture itself is not changed.
 */
export function hidePixels(image: GreyImage, mask: PixelMask, by: number | GreyImage): GreyImage {
  const { width, height, pixels } = image;
  if (mask.width !== width || mask.height !== height)
    throw new Error(
      `hidePixels: a mask of ${mask.width} x ${mask.height} on a picture of ${width} x ${height}`,
    );
  const replaced = Uint8Array.from(pixels);
  for (let at = 0; at < replaced.length; at++) {
    if (mask.hidden[at] !== 1) continue;
    const [row, column] = [Math.floor(at / width), at % width];
    replaced[at] = typeof by === "number" ? by : donorPixel(by, (column + 0.5) / width, (row + 0.5) / height);
  }
  return { width, height, channels: 1, pixels: replaced };
}

function donorPixel({ width, height, pixels }: GreyImage, x: number, y: number): number {
  return pixels[Math.floor(y * height) * width + Math.floor(x * width)] ?? 0;
}

/** The mean grey level, rounded. */
export function meanGrey({ pixels }: GreyImage): number {
  let sum = 0;
  for (const pixel of pixels) sum += pixel;
  return Math.round(sum / Math.max(1, pixels.length));
}
