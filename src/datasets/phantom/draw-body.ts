import { type Chest, MIDLINE, wallAt } from "./chest.ts";
import { smoothNoise } from "./fast-random.ts";
import { traceOutlines } from "./outlines.ts";
import { forEachPixel, type Plane, plane, smoothstep } from "./plane.ts";

/** The picture under construction, in units of attenuation: 0 is open air, about 1 the middle of the abdomen. */
export interface Body {
  /** Everything soft, with lungs counted as if they were airless. */
  readonly tissue: Plane;
  /** How much lung lies in the beam, 0 to 1: the mask that findings inside the lungs are drawn through. */
  readonly lung: Plane;
  /** How much of that is filled with air; findings take it away. */
  readonly air: Plane;
  /** Vessels, bones and devices, each added where it lies. */
  readonly vessels: Plane;
  readonly bones: Plane;
  readonly devices: Plane;
}

const TISSUE = { body: 0.64, mediastinum: 0.17, heart: 0.13, abdomen: 0.2, spine: 0.045, breast: 0.1 };
/** Softness of outlines. */
const EDGE = 0.009;
/** Share of the lung's air that the beam misses behind the heart and the great vessels. */
const HIDDEN = 0.84;
/** Half the width of the spine and of the windpipe. */
const SPINE = 0.038;
const WINDPIPE = 0.018;
const VERTEBRA = 0.052;

export function emptyBody(size: number): Body {
  return {
    tissue: plane(size),
    lung: plane(size),
    air: plane(size),
    vessels: plane(size),
    bones: plane(size),
    devices: plane(size),
  };
}

/** Half the width of the trunk at a height: neck, shoulders, chest wall. */
function trunkAt(chest: Chest, y: number): number {
  const neck = 0.105;
  const shoulder = 0.5;
  const side = wallAt(chest, 0.7) + chest.anatomy.flesh;
  if (y < chest.apex + 0.1)
    return neck + (shoulder - neck) * smoothstep(chest.apex - 0.13, chest.apex + 0.1, y);
  return shoulder + (side - shoulder) * smoothstep(chest.apex + 0.12, chest.apex + 0.34, y);
}

/** Draws trunk, mediastinum, heart, abdomen and the empty lungs. */
export function drawBody(body: Body, chest: Chest): void {
  const { size } = body.tissue;
  const { anatomy, heart, dome, hilum, apex } = chest;
  const lines = traceOutlines(chest, size);
  const mottle = smoothNoise(anatomy.vesselSeed ^ 0x51, 7);
  const cos = Math.cos(heart.tilt);
  const sin = Math.sin(heart.tilt);
  const bubble = { x: MIDLINE + anatomy.chest * 0.5, y: dome.left + 0.075, wide: 0.055, high: 0.032 };
  const nipple = { out: anatomy.chest * 0.62, y: dome.right - 0.1 };
  body.air.data.fill(1);
  for (let row = 0; row < size; row++) {
    const y = (row + 0.5) / size;
    const trunkEdge = trunkAt(chest, y);
    const wall = lines.wall[row] ?? 0;
    const toGreatVessels = smoothstep(apex - 0.1, apex + 0.2, y);
    const bony = TISSUE.spine * (0.8 + 0.2 * Math.sin((y * 2 * Math.PI) / VERTEBRA));
    const windpipeX = MIDLINE + chest.shift * smoothstep(0.05, 0.4, y);
    const windpipe = 0.11 * smoothstep(hilum - 0.02, hilum - 0.07, y);
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const distance = lines.distance[column] ?? 0;
      const trunk = smoothstep(0, 0.03, trunkEdge - distance);
      if (trunk === 0) continue;
      const index = row * size + column;
      const middle = (x < MIDLINE ? lines.right[row] : lines.left[row]) ?? 0;
      const below = smoothstep(-EDGE, EDGE, y - (lines.floor[column] ?? 0));
      const central = smoothstep(-EDGE, EDGE, middle - distance);
      const hx = x - heart.x;
      const hy = y - heart.y;
      const along = (hx * cos + hy * sin) / heart.long;
      const across = (hy * cos - hx * sin) / heart.short;
      const radius2 = along * along + across * across;
      const inHeart = radius2 < 1.2 ? smoothstep(1.07, 0.95, Math.sqrt(radius2)) * (1 - below) : 0;
      const lung =
        below === 1
          ? 0
          : smoothstep(-EDGE, EDGE * 1.5, y - (lines.top[column] ?? 0)) *
            (1 - below) *
            smoothstep(-EDGE, EDGE, wall - distance);
      const out = distance / 0.56;
      let tissue =
        TISSUE.body * (0.86 + 0.14 * Math.sqrt(Math.max(0, 1 - out * out))) +
        TISSUE.mediastinum * central * toGreatVessels * (1 - 0.45 * inHeart) +
        TISSUE.heart * inHeart +
        TISSUE.abdomen * below * smoothstep(0.5, 0.3, distance) +
        bony * smoothstep(SPINE + 0.006, SPINE - 0.012, Math.abs(x - MIDLINE)) +
        anatomy.veil * lung +
        0.03 * (mottle(x, y) - 0.5);
      if (anatomy.breast > 0) {
        const fromNipple = Math.hypot(distance - nipple.out, (y - nipple.y) * 0.9);
        tissue += TISSUE.breast * anatomy.breast * smoothstep(0.13, 0.03, fromNipple) * (1 - 0.5 * below);
      }
      // The windpipe, down to where it divides, and the gas in the stomach.
      if (windpipe > 0)
        tissue -= windpipe * smoothstep(WINDPIPE + 0.006, WINDPIPE - 0.006, Math.abs(x - windpipeX));
      const bx = (x - bubble.x) / bubble.wide;
      const by = (y - bubble.y) / bubble.high;
      const inBubble = bx * bx + by * by;
      if (inBubble < 1.3) tissue -= 0.16 * anatomy.gasBubble * smoothstep(1.3, 0.55, inBubble);
      body.tissue.data[index] = tissue * trunk;
      // Behind the heart and the great vessels some lung is left, in front and behind.
      body.lung.data[index] = lung * (1 - HIDDEN * Math.max(central, inHeart));
    }
  }
}

/** Calls `visit` for every pixel of a side with lung in the beam. */
export function forEachLungPixel(
  body: Body,
  side: "right" | "left" | "both",
  visit: (index: number, x: number, y: number) => void,
): void {
  const { size, data } = body.lung;
  const left = side === "left" ? MIDLINE : 0;
  const right = side === "right" ? MIDLINE : 1;
  forEachPixel(size, left, 0.05, right, 0.95, (index, x, y) => {
    if ((data[index] ?? 0) > 0.003) visit(index, x, y);
  });
}
