/**
 * A square picture of floats, and strokes on it. Coordinates are fractions of the side, x to the right, y down; a
 * pixel's value belongs to its centre.
 */
export interface Plane {
  readonly size: number;
  readonly data: Float32Array;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function plane(size: number): Plane {
  return { size, data: new Float32Array(size * size) };
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Rows and columns, first and last, of the pixels that a rectangle touches. */
function pixelBox(size: number, left: number, top: number, right: number, bottom: number) {
  return {
    left: Math.max(0, Math.floor(left * size)),
    top: Math.max(0, Math.floor(top * size)),
    right: Math.min(size - 1, Math.ceil(right * size)),
    bottom: Math.min(size - 1, Math.ceil(bottom * size)),
  };
}

/** Calls `visit(index, x, y)` for every pixel centre inside a rectangle, clipped to the picture. */
export function forEachPixel(
  size: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
  visit: (index: number, x: number, y: number) => void,
): void {
  const box = pixelBox(size, left, top, right, bottom);
  for (let row = box.top; row <= box.bottom; row++) {
    const y = (row + 0.5) / size;
    for (let column = box.left; column <= box.right; column++) {
      visit(row * size + column, (column + 0.5) / size, y);
    }
  }
}

/** How a stroke joins what is there already. `max` keeps a polyline's joints from counting twice. */
export type Blend = "max" | "add";

export interface Stroke {
  /** Half the width, at the start and at the end. */
  readonly radius: number;
  readonly endRadius?: number;
  readonly value: number;
  /** Width of the soft edge; at least most of a pixel, so that nothing is jagged. */
  readonly soft?: number;
  readonly blend?: Blend;
}

/** Draws a straight stroke with round ends. */
export function drawSegment(target: Plane, from: Point, to: Point, stroke: Stroke): void {
  const { size, data } = target;
  const endRadius = stroke.endRadius ?? stroke.radius;
  const soft = Math.max(stroke.soft ?? 0, 0.8 / size);
  const reach = Math.max(stroke.radius, endRadius) + soft;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const squared = dx * dx + dy * dy;
  const add = stroke.blend === "add";
  const box = pixelBox(
    size,
    Math.min(from.x, to.x) - reach,
    Math.min(from.y, to.y) - reach,
    Math.max(from.x, to.x) + reach,
    Math.max(from.y, to.y) + reach,
  );
  // Thousands of strokes make a picture, so this loop calls nothing but smoothstep.
  for (let row = box.top; row <= box.bottom; row++) {
    const y = (row + 0.5) / size - from.y;
    for (let column = box.left; column <= box.right; column++) {
      const x = (column + 0.5) / size - from.x;
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / squared));
      const ox = x - along * dx;
      const oy = y - along * dy;
      const outer = stroke.radius + (endRadius - stroke.radius) * along + soft / 2;
      const away = ox * ox + oy * oy;
      if (away >= outer * outer) continue;
      const value = stroke.value * smoothstep(0, soft, outer - Math.sqrt(away));
      const index = row * size + column;
      const before = data[index] ?? 0;
      data[index] = add ? before + value : Math.max(before, value);
    }
  }
}

/** Draws a polyline; its width runs from `radius` to `endRadius` over the whole of it. */
export function drawPolyline(target: Plane, points: readonly Point[], stroke: Stroke): void {
  const endRadius = stroke.endRadius ?? stroke.radius;
  const segments = points.length - 1;
  points.slice(1).forEach((to, i) => {
    const from = points[i];
    if (!from) return;
    const start = stroke.radius + ((endRadius - stroke.radius) * i) / segments;
    const end = stroke.radius + ((endRadius - stroke.radius) * (i + 1)) / segments;
    drawSegment(target, from, to, { ...stroke, radius: start, endRadius: end });
  });
}

/** `steps + 1` points of a quadratic Bezier curve. */
export function curve(from: Point, control: Point, to: Point, steps: number): Point[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps;
    const a = (1 - t) * (1 - t);
    const b = 2 * t * (1 - t);
    const c = t * t;
    return { x: a * from.x + b * control.x + c * to.x, y: a * from.y + b * control.y + c * to.y };
  });
}
