import type { RandomStream } from "../../../src/util/random.ts";

export const SHAPE_KINDS = [
  "disc",
  "ring",
  "square",
  "frame",
  "horizontal bar",
  "vertical bar",
  "cross",
  "triangle",
  "grating",
] as const;
export type ShapeKind = (typeof SHAPE_KINDS)[number];

export const TONES = ["dark", "bright"] as const;
export const SIZES = ["small", "large"] as const;
/** The nine places of a picture, row by row. */
export const PLACES = [
  "top left",
  "top middle",
  "top right",
  "middle left",
  "centre",
  "middle right",
  "bottom left",
  "bottom middle",
  "bottom right",
] as const;

/** One plain shape on a grey ground. */
export interface Shape {
  readonly kind: ShapeKind;
  readonly tone: (typeof TONES)[number];
  readonly size: (typeof SIZES)[number];
  readonly place: (typeof PLACES)[number];
  /** Where within its place, both in [-1, 1]. */
  readonly offset: { readonly x: number; readonly y: number };
}

/** Most shapes in one picture. */
const MOST = 3;

/** One to three shapes of different kinds, in the order of the kinds, each in a place of its own. */
export function drawShapes(stream: RandomStream): Shape[] {
  const count = 1 + stream.integer(MOST);
  const drawn = new Set(stream.shuffle(SHAPE_KINDS).slice(0, count));
  const places = stream.shuffle(PLACES);
  return SHAPE_KINDS.filter((kind) => drawn.has(kind)).map((kind, index) => ({
    kind,
    tone: stream.pick(TONES),
    size: stream.pick(SIZES),
    place: places[index] ?? "centre",
    offset: { x: 2 * stream.uniform() - 1, y: 2 * stream.uniform() - 1 },
  }));
}
