import type { PixelImage } from "../../../src/engine/engine.ts";
import type { RandomStream } from "../../../src/util/random.ts";
import { PLACES, type Shape, type ShapeKind } from "./shape.ts";

/** Half the width of a shape, as a share of a place's side. */
const RADIUS = { small: 0.28, large: 0.46 } as const;
/** Farthest a shape's centre lies from its place's, as a share of the place's side. */
const WANDER = 0.04;
const GROUND = { low: 100, high: 150 } as const;
/** Grey levels between ground and shape. */
const CONTRAST = { low: 50, high: 95 } as const;
const MOST_GRAIN = 8;
const THIN = 0.3;
const STRIPES = 3;

/** Whether a point of the shape's own frame, [-1, 1] both ways and y down, belongs to it. */
const COVERS: Readonly<Record<ShapeKind, (x: number, y: number) => boolean>> = {
  disc: (x, y) => x * x + y * y <= 1,
  ring: (x, y) => x * x + y * y <= 1 && x * x + y * y >= (1 - THIN) ** 2,
  square: (x, y) => inSquare(x, y),
  frame: (x, y) => inSquare(x, y) && Math.max(Math.abs(x), Math.abs(y)) >= 1 - THIN,
  "horizontal bar": (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= THIN,
  "vertical bar": (x, y) => Math.abs(y) <= 1 && Math.abs(x) <= THIN,
  cross: (x, y) => inSquare(x, y) && Math.min(Math.abs(x), Math.abs(y)) <= THIN,
  triangle: (x, y) => Math.abs(y) <= 1 && Math.abs(x) <= (y + 1) / 2,
  grating: (x, y) => inSquare(x, y) && Math.floor(((x + 1) / 2) * STRIPES * 2) % 2 === 0,
};

/** Draws shapes with grain on a grey ground, `size` pixels square. The same stream draws the same picture. */
export function renderShapes(shapes: readonly Shape[], size: number, stream: RandomStream): PixelImage {
  const between = ({ low, high }: { low: number; high: number }) => low + (high - low) * stream.uniform();
  const ground = between(GROUND);
  const grain = MOST_GRAIN * stream.uniform();
  const values = new Float32Array(size * size).fill(ground);
  const cell = size / 3;
  for (const { kind, tone, size: extent, place, offset } of shapes) {
    const level = ground + (tone === "bright" ? 1 : -1) * between(CONTRAST);
    const index = PLACES.indexOf(place);
    const x = cell * ((index % 3) + 0.5 + WANDER * offset.x);
    const y = cell * (Math.floor(index / 3) + 0.5 + WANDER * offset.y);
    const radius = cell * RADIUS[extent];
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      for (let column = Math.floor(x - radius); column <= x + radius; column++) {
        if (COVERS[kind]((column - x) / radius, (row - y) / radius)) values[row * size + column] = level;
      }
    }
  }
  const pixels = Uint8Array.from(values, (value) =>
    Math.max(0, Math.min(255, Math.round(stream.normal(value, grain)))),
  );
  return { width: size, height: size, channels: 1, pixels };
}

function inSquare(x: number, y: number): boolean {
  return Math.abs(x) <= 1 && Math.abs(y) <= 1;
}
