import { type Chest, MIDLINE, SIDES, SIGN, wallAt } from "./chest.ts";
import type { Body } from "./draw-body.ts";
import { between, fastRandom } from "./fast-random.ts";
import type { Finding, Side } from "./finding.ts";
import { curve, drawPolyline, drawSegment, type Plane, type Point, plane } from "./plane.ts";

const RIBS = 9;
/** Of these, the upper ones' front halves are seen. */
const FRONT_RIBS = 7;
/** Points along one rib. */
const STEPS = 22;

/** A break: at this share of the rib's length the outer part is displaced. */
interface Break {
  readonly at: number;
  readonly drop: number;
  readonly gap: number;
}

/** Draws ribs, clavicles and shoulder blades, with a fracture where there is one. */
export function drawBones(body: Body, chest: Chest, fracture: Finding | undefined): void {
  const { size } = body.bones;
  const back = plane(size);
  const front = plane(size);
  const density = chest.anatomy.boneDensity;
  const breaks = fracture ? ribBreaks(fracture, chest) : new Map<number, Break>();
  for (const side of SIDES) {
    for (let rib = 0; rib < RIBS; rib++) {
      const broken = fracture?.side === side ? breaks.get(rib) : undefined;
      drawRib(back, backRib(chest, side, rib), chest.anatomy.ribWidth, density, broken);
      if (rib < FRONT_RIBS) drawFrontRib(front, frontRib(chest, side, rib), chest);
    }
    drawClavicle(front, chest, side);
  }
  const { data } = body.bones;
  for (let i = 0; i < data.length; i++) data[i] = (back.data[i] ?? 0) + (front.data[i] ?? 0);
}

/** The back half of a rib: out of the spine, a little up, then down along the wall. */
function backRib(chest: Chest, side: Side, rib: number): Point[] {
  const { anatomy } = chest;
  const start = chest.apex + 0.012 + rib * anatomy.ribGap;
  const reach = Math.min(wallAt(chest, start + 0.1) + 0.004, anatomy.chest * (0.62 + 0.12 * rib));
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const t = i / STEPS;
    const angle = (t * Math.PI) / 2;
    const drop = anatomy.ribSlope * (0.35 + 0.075 * rib);
    return {
      x: MIDLINE + SIGN[side] * (0.032 + (reach - 0.032) * Math.sin(angle) ** 0.92),
      y:
        start - 0.03 * Math.sin(t * Math.PI) + drop * 0.5 * t + (drop + 0.055) * (1 - Math.cos(angle)) ** 1.6,
    };
  });
}

/** The front half: from the wall inwards and down, fading where cartilage begins. */
function frontRib(chest: Chest, side: Side, rib: number): Point[] {
  const outer = backRib(chest, side, rib).at(-1) ?? { x: MIDLINE, y: 0.5 };
  const inner = {
    x: MIDLINE + SIGN[side] * (0.11 + 0.012 * rib),
    y: outer.y + 0.085 + 0.006 * rib,
  };
  return curve(outer, { x: outer.x - SIGN[side] * 0.04, y: inner.y + 0.01 }, inner, 10);
}

/** Bone towards the side, cartilage towards the middle: the shadow swells and fades, without an end of its own. */
function drawFrontRib(target: Plane, points: readonly Point[], chest: Chest): void {
  points.slice(1).forEach((to, i) => {
    const from = points[i];
    const share = Math.sin((Math.PI * (i + 0.5)) / (points.length - 1));
    const value = 0.6 * chest.anatomy.boneDensity * share;
    if (from) drawSegment(target, from, to, { radius: chest.anatomy.ribWidth * 1.15, value, soft: 0.008 });
  });
}

function drawRib(
  target: Plane,
  points: readonly Point[],
  radius: number,
  density: number,
  broken?: Break,
): void {
  const stroke = (value: number, half: number) => ({ radius: half, value, soft: 0.006 });
  const draw = (part: readonly Point[]): void => {
    if (part.length < 2) return;
    // A rib is a tube: its two edges are denser than its middle.
    drawPolyline(target, part, stroke(density, radius));
    for (const offset of [-1, 1]) {
      const edge = part.map((p) => ({ x: p.x, y: p.y + offset * radius * 0.8 }));
      drawPolyline(target, edge, stroke(density * 1.3, 0.0022));
    }
  };
  if (!broken) {
    draw(points);
    return;
  }
  const cut = Math.round(broken.at * STEPS);
  const near = points.slice(0, cut + 1);
  const far = points.slice(cut).map((p, i, all) => {
    const pivot = all[0] ?? p;
    // The outer part slips down and leans, and a gap opens.
    const dx = p.x - pivot.x;
    const towards = Math.sign(dx || 1);
    return { x: p.x + towards * broken.gap, y: p.y + broken.drop * (1 - 0.5 * (i / all.length)) };
  });
  draw(near);
  draw(far);
  const end = near.at(-1);
  const start = far[0];
  for (const tip of [end, start]) {
    if (tip)
      drawPolyline(
        target,
        [
          { x: tip.x, y: tip.y - radius },
          { x: tip.x, y: tip.y + radius },
        ],
        stroke(density * 1.7, 0.003),
      );
  }
}

/** Which ribs are broken, and how far apart. Two to four neighbours, along one line, as after a blow. */
function ribBreaks(fracture: Finding, chest: Chest): Map<number, Break> {
  const random = fastRandom(fracture.seed);
  const count = 3 + Math.floor(fracture.severity * 2.99);
  const first = 2 + Math.floor(fracture.down * (7 - count));
  // In the stretch that crosses the lung, clear of spine and wall.
  const at = 0.3 + 0.24 * fracture.across;
  const width = chest.anatomy.ribWidth;
  return new Map(
    Array.from({ length: count }, (_, i) => [
      first + i,
      {
        at: at + between(random, -0.03, 0.03),
        drop: width * (1.2 + 2.4 * fracture.severity) * between(random, 0.85, 1.15),
        gap: 0.005 + 0.015 * fracture.severity,
      },
    ]),
  );
}

function drawClavicle(target: Plane, chest: Chest, side: Side): void {
  const sign = SIGN[side];
  const y = chest.apex + 0.075;
  const inner = { x: MIDLINE + sign * 0.045, y };
  const outer = { x: MIDLINE + sign * 0.33, y: y - chest.anatomy.clavicleRise };
  const points = [
    ...curve(
      inner,
      { x: MIDLINE + sign * 0.13, y: y - 0.035 },
      { x: MIDLINE + sign * 0.19, y: y - 0.025 },
      6,
    ),
    ...curve(
      { x: MIDLINE + sign * 0.19, y: y - 0.025 },
      { x: MIDLINE + sign * 0.26, y: y - 0.012 },
      outer,
      6,
    ).slice(1),
  ];
  drawPolyline(target, points, {
    radius: 0.015,
    endRadius: 0.0105,
    value: chest.anatomy.boneDensity * 1.15,
    soft: 0.007,
  });
  // The edge of the shoulder blade, beside the ribs.
  const blade = curve(
    { x: outer.x - sign * 0.02, y: outer.y + 0.04 },
    { x: MIDLINE + sign * (chest.anatomy.chest + 0.0), y: outer.y + 0.16 },
    { x: MIDLINE + sign * (chest.anatomy.chest + 0.01), y: outer.y + 0.34 },
    8,
  );
  drawPolyline(target, blade, { radius: 0.006, value: chest.anatomy.boneDensity * 0.6, soft: 0.008 });
}
