import type { RandomStream } from "../../util/random.ts";

/**
 * A patient's build, fixed for life. Lengths are fractions of the picture's side, in a frame whose midline is
 * x = 0.5; the renderer moves, turns and scales that frame for each exposure.
 */
export interface Anatomy {
  readonly sex: "F" | "M";
  /** Half the inner width of the chest at its widest. */
  readonly chest: number;
  /** Height of the lungs' tops, and of the right dome of the diaphragm at full inspiration. */
  readonly apex: number;
  readonly dome: number;
  /** How much lower the left dome stands, and how deep the domes are. */
  readonly leftDrop: number;
  readonly domeDepth: number;
  /** Width of the heart over the inner width of the chest, as a PA view shows it: healthy, so under 0.48. */
  readonly heartRatio: number;
  readonly heartTilt: number;
  readonly heartShape: number;
  /** How far the mediastinum lies to the left of the midline (negative: to the right). */
  readonly lean: number;
  /** Half the width of the healthy upper mediastinum, and the size of the aortic knob. */
  readonly mediastinum: number;
  readonly knob: number;
  /** Soft tissue: thickness outside the ribs, and how much it veils the lungs. */
  readonly flesh: number;
  readonly veil: number;
  readonly breast: number;
  /** Ribs: spacing, downward slope, half thickness and density. */
  readonly ribGap: number;
  readonly ribSlope: number;
  readonly ribWidth: number;
  readonly boneDensity: number;
  readonly clavicleRise: number;
  /** Strength of the vessels and the seed of their branching. */
  readonly vessels: number;
  readonly vesselSeed: number;
  readonly gasBubble: number;
}

/** Draws a patient's build. Every patient draws the same number of values, in the same order. */
export function drawAnatomy(random: RandomStream): Anatomy {
  const within = (low: number, high: number): number => low + (high - low) * random.uniform();
  const sex = random.chance(0.5) ? "F" : "M";
  const breast = within(0.3, 1);
  return {
    sex,
    chest: within(0.315, 0.385),
    apex: within(0.1, 0.155),
    dome: within(0.715, 0.785),
    leftDrop: within(0.006, 0.034),
    domeDepth: within(0.07, 0.1),
    heartRatio: within(0.38, 0.475),
    heartTilt: within(0.35, 0.65),
    heartShape: within(0.8, 0.92),
    lean: within(-0.014, 0.014),
    mediastinum: within(0.053, 0.078),
    knob: within(0.012, 0.03),
    flesh: within(0.04, 0.085),
    veil: within(0, 0.09),
    breast: sex === "F" ? breast : 0,
    ribGap: within(0.072, 0.084),
    ribSlope: within(0.07, 0.12),
    ribWidth: within(0.0095, 0.0125),
    boneDensity: within(0.1, 0.15),
    clavicleRise: within(0.02, 0.06),
    vessels: within(0.65, 1.35),
    vesselSeed: random.integer(2 ** 31),
    gasBubble: within(0.2, 1),
  };
}
