import type { RandomStream } from "../../util/random.ts";
import type { Exposure } from "./exposure.ts";
import type { SiteStyle, Spread } from "./site.ts";

/** Draws how one picture is taken. Always the same number of draws, whatever the style. */
export function drawExposure(random: RandomStream, style: SiteStyle): Exposure {
  const spread = ({ mean, deviation }: Spread): number => mean + deviation * clamp(random.normal(), 2.5);
  const evenly = ([low, high]: readonly [number, number]): number => low + (high - low) * random.uniform();
  const around = (most: number): number => most * (2 * random.uniform() - 1);
  const { pose, collimation } = style;
  const shut = random.chance(collimation.probability);
  const edge = (): number => random.uniform() * (shut ? collimation.most : 0);
  return {
    pose: {
      dx: around(pose.shift),
      dy: around(pose.shift),
      scale: 1 + around(pose.scale),
      turn: around(pose.turn),
    },
    brightness: spread(style.brightness),
    contrast: spread(style.contrast),
    noise: evenly(style.noise),
    noiseSeed: random.integer(2 ** 31),
    blur: evenly(style.blur),
    collimation: { left: edge(), top: edge(), right: edge(), bottom: edge() },
    markers: style.markers.flatMap((marker) => {
      const inset = 0.03 + 0.04 * random.uniform();
      return random.chance(marker.probability)
        ? [{ text: marker.text, corner: marker.corner, height: marker.height, inset }]
        : [];
    }),
  };
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
