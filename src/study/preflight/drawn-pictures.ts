import { planSite } from "../../datasets/phantom/plan-site.ts";
import { renderPhantom } from "../../datasets/phantom/render-phantom.ts";
import { PHANTOM_NEUTRAL } from "../../datasets/phantom/sites.ts";
import { labelImages } from "../../datasets/phantom/write-site.ts";
import type { PixelImage } from "../../engine/engine.ts";

/** Side in pixels; a model's processor scales them as it would a radiograph. */
const PIXELS = 512;

/** Radiographs drawn in memory, where a picture is needed and none may be asked for. Same seed, same pictures. */
export function drawnPictures(count: number, seed: number): PixelImage[] {
  return labelImages(PHANTOM_NEUTRAL, seed, planSite(PHANTOM_NEUTRAL, seed, count))
    .slice(0, count)
    .map(({ image }) => {
      const { width, height, data } = renderPhantom(image.spec, PIXELS);
      return { width, height, channels: 1, pixels: data };
    });
}
