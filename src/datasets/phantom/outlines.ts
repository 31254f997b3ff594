import { type Chest, floorAt, MIDLINE, mediastinumAt, topAt, wallAt } from "./chest.ts";

/**
 * A chest's outlines at every row and column of a picture, worked out once: per column its side, its distance from
 * the midline, the lung's top and the diaphragm; per row the chest wall and the mediastinum on either side.
 */
export interface Outlines {
  readonly distance: Float64Array;
  readonly top: Float64Array;
  readonly floor: Float64Array;
  readonly wall: Float64Array;
  readonly right: Float64Array;
  readonly left: Float64Array;
}

export function traceOutlines(chest: Chest, size: number): Outlines {
  const centres = Float64Array.from({ length: size }, (_, i) => (i + 0.5) / size);
  return {
    distance: centres.map((x) => Math.abs(x - MIDLINE)),
    top: centres.map((x) => topAt(chest, Math.abs(x - MIDLINE))),
    floor: centres.map((x) => floorAt(chest, x < MIDLINE ? "right" : "left", Math.abs(x - MIDLINE))),
    wall: centres.map((y) => wallAt(chest, y)),
    right: centres.map((y) => mediastinumAt(chest, "right", y)),
    left: centres.map((y) => mediastinumAt(chest, "left", y)),
  };
}
