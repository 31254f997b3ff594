import { develop } from "./develop.ts";
import { fastRandom } from "./fast-random.ts";
import { forEachPixel, plane, smoothstep } from "./plane.ts";
import type { GreyImage, PhantomSpec } from "./render-phantom.ts";

/**
 * A lateral view, simply drawn: chest, spine behind, heart in front. It stands for the rows that a frontal-only
 * study leaves out; no finding is drawn into it.
 */
export function renderLateral(spec: PhantomSpec, size: number): GreyImage {
  const { anatomy } = spec;
  const picture = plane(size);
  const random = fastRandom(anatomy.vesselSeed);
  const depth = 0.3 + 0.06 * random();
  forEachPixel(size, 0, 0, 1, 1, (index, x, y) => {
    const front = 0.5 - depth - 0.04 * Math.sin(y * Math.PI);
    const back = 0.5 + depth * 0.95;
    const trunk = smoothstep(front - 0.06, front - 0.03, x) * smoothstep(back + 0.08, back + 0.05, x);
    const floor = anatomy.dome + 0.13 * smoothstep(0.45, back, x);
    const lung =
      smoothstep(front, front + 0.03, x) *
      smoothstep(back, back - 0.03, x) *
      smoothstep(anatomy.apex, anatomy.apex + 0.12, y) *
      smoothstep(floor + 0.01, floor - 0.01, y);
    const heart = smoothstep(
      1.1,
      0.9,
      Math.hypot((x - 0.36) / (anatomy.heartRatio * 0.34), (y - anatomy.dome + 0.12) / 0.16),
    );
    const spine = smoothstep(0.06, 0.04, Math.abs(x - back + 0.09)) * (0.8 + 0.2 * Math.sin(y * 110));
    picture.data[index] =
      trunk * (0.66 + 0.2 * (1 - lung) * smoothstep(floor - 0.02, floor + 0.02, y)) -
      0.4 * lung +
      0.2 * heart * lung +
      0.16 * spine * trunk;
  });
  return { width: size, height: size, data: develop(picture.data, size, spec.exposure, spec.shortcut) };
}
