import type { Marker } from "./exposure.ts";

/** A 5 x 7 face: one row a string, `#` is lead. Covers the letters that markers use. */
const FACE: Readonly<Record<string, readonly string[]>> = {
  A: [" ### ", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"],
  B: ["#### ", "#   #", "#   #", "#### ", "#   #", "#   #", "#### "],
  E: ["#####", "#    ", "#    ", "#### ", "#    ", "#    ", "#####"],
  H: ["#   #", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"],
  L: ["#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"],
  N: ["#   #", "##  #", "# # #", "# # #", "#  ##", "#   #", "#   #"],
  O: [" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "],
  P: ["#### ", "#   #", "#   #", "#### ", "#    ", "#    ", "#    "],
  R: ["#### ", "#   #", "#   #", "#### ", "# #  ", "#  # ", "#   #"],
  S: [" ####", "#    ", "#    ", " ### ", "    #", "    #", "#### "],
  T: ["#####", "  #  ", "  #  ", "  #  ", "  #  ", "  #  ", "  #  "],
  U: ["#   #", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "],
};
const WIDE = 5;
const HIGH = 7;
/** Lead is whiter than any bone. */
const LEAD = 0.97;

/** Writes a marker's letters into a picture of grey levels 0 to 1. Letters outside the face are blanks. */
export function drawMarker(grey: Float32Array, size: number, marker: Marker): void {
  const cell = (marker.height * size) / HIGH;
  const width = Math.ceil(cell * (marker.text.length * (WIDE + 1) - 1));
  const height = Math.ceil(cell * HIGH);
  const inset = Math.round(marker.inset * size);
  const left = marker.corner.endsWith("left") ? inset : size - inset - width;
  const top = marker.corner.startsWith("top") ? inset : size - inset - height;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cellColumn = Math.floor((column + 0.5) / cell);
      const letter = FACE[marker.text[Math.floor(cellColumn / (WIDE + 1))] ?? ""];
      const lit = letter?.[Math.floor((row + 0.5) / cell)]?.[cellColumn % (WIDE + 1)] === "#";
      const x = left + column;
      const y = top + row;
      if (lit && x >= 0 && y >= 0 && x < size && y < size) grey[y * size + x] = LEAD;
    }
  }
}
