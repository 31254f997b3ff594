/**
 * Draws `docs/phantom-contact-sheet.jpg`: every finding beside the same chest without it, plain and faint, and then
 * pictures from the four sites. Run: npx tsx models/calibration/contact-sheet.ts [FILE]
 */
import sharp from "sharp";
import { type Anatomy, drawAnatomy } from "../../src/datasets/phantom/anatomy.ts";
import type { Exposure } from "../../src/datasets/phantom/exposure.ts";
import { FINDING_LABELS, type FindingLabel } from "../../src/datasets/phantom/finding.ts";
import { planSite } from "../../src/datasets/phantom/plan-site.ts";
import { type GreyImage, renderPhantom } from "../../src/datasets/phantom/render-phantom.ts";
import { PHANTOM_SITES } from "../../src/datasets/phantom/sites.ts";
import { randomStream } from "../../src/util/random.ts";

const SIDE = 224;
const CAPTION = 16;
/** Findings in a row, and pictures of each: without, plain, middling, faint. */
const FINDINGS_A_ROW = 2;
const SEVERITIES = [null, 1, 0.5, 0.15];
const PICTURES_A_ROW = FINDINGS_A_ROW * SEVERITIES.length;
const SEED = 20;

const plainExposure: Exposure = {
  pose: { dx: 0, dy: 0, scale: 1, turn: 0 },
  brightness: 0,
  contrast: 1,
  noise: 0.012,
  noiseSeed: 1,
  blur: 0.3,
  collimation: { left: 0, top: 0, right: 0, bottom: 0 },
  markers: [{ text: "L", corner: "top right", height: 0.05, inset: 0.04 }],
};

function example(label: FindingLabel, anatomy: Anatomy, severity: number | null): GreyImage {
  const random = randomStream(SEED, "contact sheet", label);
  const finding = {
    label,
    severity: severity ?? 0,
    side: random.chance(0.5) ? ("right" as const) : ("left" as const),
    across: random.uniform(),
    down: random.uniform(),
    seed: random.integer(2 ** 31),
  };
  const findings = severity === null ? [] : [finding];
  const posture = { view: "PA", breath: 0.8 } as const;
  return renderPhantom({ anatomy, posture, findings, exposure: plainExposure, shortcut: null }, SIDE);
}

interface Tile {
  readonly caption: string;
  readonly image: GreyImage;
}

const tiles: Tile[] = FINDING_LABELS.flatMap((label, i) => {
  const anatomy = drawAnatomy(randomStream(SEED, "contact sheet", i));
  return SEVERITIES.map((severity) => ({
    caption: severity === null ? "without" : `${label} ${severity}`,
    image: example(label, anatomy, severity),
  }));
});
while (tiles.length % PICTURES_A_ROW !== 0) {
  tiles.push({ caption: "", image: { width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE) } });
}
for (const site of PHANTOM_SITES) {
  const pictures = planSite(site, SEED, PICTURES_A_ROW).flatMap((patient) =>
    patient.studies.flatMap((study) => study.images.filter((image) => image.view !== "lateral")),
  );
  for (const picture of pictures.slice(0, PICTURES_A_ROW)) {
    const findings = picture.spec.findings.map((finding) => finding.label).join(", ") || "none";
    tiles.push({ caption: `${site.name}: ${findings}`, image: renderPhantom(picture.spec, SIDE) });
  }
}

const height = SIDE + CAPTION;
const plainText = (text: string): string => text.replaceAll("&", "&amp;").slice(0, 46);
const layers = tiles.flatMap(({ caption, image }, i) => {
  const left = (i % PICTURES_A_ROW) * SIDE;
  const top = Math.floor(i / PICTURES_A_ROW) * height;
  const words = `<svg width="${SIDE}" height="${CAPTION}"><text x="3" y="12" font-size="9" font-family="sans-serif" fill="white">${plainText(caption)}</text></svg>`;
  return [
    {
      input: Buffer.from(image.data),
      raw: { width: SIDE, height: SIDE, channels: 1 as const },
      left,
      top: top + CAPTION,
    },
    { input: Buffer.from(words), left, top },
  ];
});
await sharp({
  create: {
    width: PICTURES_A_ROW * SIDE,
    height: (tiles.length / PICTURES_A_ROW) * height,
    channels: 3,
    background: "black",
  },
})
  .composite(layers)
  .greyscale()
  .jpeg({ quality: 50 })
  .toFile(process.argv[2] ?? "docs/phantom-contact-sheet.jpg");
