import type { Exposure, Pose, ShortcutKind } from "./exposure.ts";
import { fastRandom } from "./fast-random.ts";
import { drawMarker } from "./glyphs.ts";

/** The grey curve: attenuation at its middle, and its steepness there. */
const CURVE = { middle: 0.45, steepness: 5.6 };
const UINT32 = 2 ** 32;
const TEN_BITS = 1023;
/** Standard deviation of the sum of three even numbers on 0..1023, and its mean in units of it. */
const GRAIN_DEVIATION = Math.sqrt((3 * (1024 ** 2 - 1)) / 12);
const GRAIN_MIDDLE = (3 * TEN_BITS) / 2 / GRAIN_DEVIATION;
/** Grey of a shut collimator. */
const SHUT = 0.015;

/** Attenuation to 8-bit grey: pose, grey curve, grain, collimation, markers, and a planted shortcut if there is one. */
export function develop(
  attenuation: Float32Array,
  size: number,
  exposure: Exposure,
  shortcut: ShortcutKind | null,
): Uint8Array {
  const posed = soften(applyPose(attenuation, size, exposure.pose), size, exposure.blur);
  const contrast = exposure.contrast * (shortcut === "contrast" ? SHORTCUT_CONTRAST : 1);
  const grey = new Float32Array(size * size);
  const random = fastRandom(exposure.noiseSeed);
  const steepness = -CURVE.steepness * contrast;
  const middle = CURVE.middle - exposure.brightness;
  for (let i = 0; i < grey.length; i++) {
    // One draw of 32 bits gives three numbers of ten; their sum, centred, is close to a normal.
    const bits = random() * UINT32;
    const sum = (bits & TEN_BITS) + ((bits >>> 10) & TEN_BITS) + ((bits >>> 20) & TEN_BITS);
    const grain = exposure.noise * (sum / GRAIN_DEVIATION - GRAIN_MIDDLE);
    grey[i] = 1 / (1 + Math.exp(steepness * ((posed[i] ?? 0) - middle))) + grain;
  }
  collimate(grey, size, exposure.collimation);
  for (const marker of exposure.markers) drawMarker(grey, size, marker);
  plantMark(grey, size, shortcut);
  const pixels = new Uint8Array(grey.length);
  for (let i = 0; i < grey.length; i++) {
    pixels[i] = Math.round(255 * Math.min(1, Math.max(0, grey[i] ?? 0)));
  }
  return pixels;
}

/** The planted contrast: flatter by a third. */
const SHORTCUT_CONTRAST = 0.67;

function plantMark(grey: Float32Array, size: number, shortcut: ShortcutKind | null): void {
  if (shortcut === null || shortcut === "contrast") return;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size;
      const y = (row + 0.5) / size;
      const i = row * size + column;
      if (shortcut === "border") {
        const edge = Math.min(x, y, 1 - x, 1 - y);
        if (edge > 0.012 && edge < 0.026) grey[i] = 0.85;
      } else if (shortcut === "corner") {
        // A lozenge: no letter of any hospital's face.
        if (Math.abs(x - 0.055) + Math.abs(y - 0.945) < 0.034) grey[i] = 0.97;
      } else {
        // A ring, like the port of an infusion pump laid on the chest.
        const r = Math.hypot(x - 0.3, y - 0.27);
        if (r < 0.032 && r > 0.017) grey[i] = 0.9;
      }
    }
  }
}

function collimate(grey: Float32Array, size: number, shut: Exposure["collimation"]): void {
  const left = Math.round(shut.left * size);
  const right = size - Math.round(shut.right * size);
  const top = Math.round(shut.top * size);
  const bottom = size - Math.round(shut.bottom * size);
  for (let row = 0; row < size; row++) {
    const outside = row < top || row >= bottom;
    for (let column = 0; column < size; column++) {
      if (outside || column < left || column >= right) grey[row * size + column] = SHUT;
    }
  }
}

/** Where a point of the anatomical frame lands in the picture. */
export function toPicture(pose: Pose, x: number, y: number): { x: number; y: number } {
  const cos = Math.cos(pose.turn) * pose.scale;
  const sin = Math.sin(pose.turn) * pose.scale;
  const ax = x - 0.5;
  const ay = y - 0.5;
  return { x: 0.5 + pose.dx + ax * cos - ay * sin, y: 0.5 + pose.dy + ax * sin + ay * cos };
}

function applyPose(source: Float32Array, size: number, pose: Pose): Float32Array {
  const target = new Float32Array(size * size);
  const cos = Math.cos(pose.turn) / pose.scale;
  const sin = Math.sin(pose.turn) / pose.scale;
  const last = size - 1.001;
  for (let row = 0; row < size; row++) {
    const py = (row + 0.5) / size - 0.5 - pose.dy;
    for (let column = 0; column < size; column++) {
      const px = (column + 0.5) / size - 0.5 - pose.dx;
      const sx = Math.min(last, Math.max(0, (0.5 + px * cos + py * sin) * size - 0.5));
      const sy = Math.min(last, Math.max(0, (0.5 - px * sin + py * cos) * size - 0.5));
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      const fx = sx - x0;
      const fy = sy - y0;
      const i = y0 * size + x0;
      const top = (source[i] ?? 0) * (1 - fx) + (source[i + 1] ?? 0) * fx;
      const bottom = (source[i + size] ?? 0) * (1 - fx) + (source[i + size + 1] ?? 0) * fx;
      target[row * size + column] = top * (1 - fy) + bottom * fy;
    }
  }
  return target;
}

/** Mixes a picture with its 3 x 3 binomial blur; the outermost pixels stay as they are. */
function soften(source: Float32Array, size: number, amount: number): Float32Array {
  if (amount <= 0) return source;
  const across = Float32Array.from(source);
  for (let i = 1; i < source.length - 1; i++) {
    across[i] = ((source[i - 1] ?? 0) + 2 * (source[i] ?? 0) + (source[i + 1] ?? 0)) / 4;
  }
  const target = Float32Array.from(source);
  for (let row = 1; row < size - 1; row++) {
    for (let i = row * size + 1; i < (row + 1) * size - 1; i++) {
      const blurred = ((across[i - size] ?? 0) + 2 * (across[i] ?? 0) + (across[i + size] ?? 0)) / 4;
      const sharp = source[i] ?? 0;
      target[i] = sharp + amount * (blurred - sharp);
    }
  }
  return target;
}
