import { type Chest, MIDLINE, SIGN } from "./chest.ts";
import type { Body } from "./draw-body.ts";
import { between, type FastRandom, fastRandom } from "./fast-random.ts";
import type { Finding } from "./finding.ts";
import { curve, drawPolyline, type Plane, type Point } from "./plane.ts";

type Draw = (target: Plane, chest: Chest, finding: Finding, density: number, random: FastRandom) => void;

const TUBE = 0.0045;
const WIRE = 0.003;

const intubation: Draw = (target, chest, _finding, density, random) => {
  const tip = chest.hilum - between(random, 0.06, 0.1);
  const points = [
    { x: MIDLINE + 0.012, y: -0.02 },
    { x: MIDLINE + 0.004 + chest.shift / 2, y: tip },
  ];
  for (const offset of [-0.006, 0.006]) {
    drawPolyline(
      target,
      points.map((p) => ({ x: p.x + offset, y: p.y })),
      { radius: 0.0025, value: density },
    );
  }
};

const feedingTube: Draw = (target, chest, _finding, density) => {
  const stomach = { x: MIDLINE + 0.13, y: chest.dome.left + 0.12 };
  drawPolyline(
    target,
    [
      { x: MIDLINE - 0.012, y: -0.02 },
      { x: MIDLINE - 0.014, y: 0.4 },
      ...curve({ x: MIDLINE + 0.004, y: 0.66 }, { x: MIDLINE + 0.03, y: chest.dome.left + 0.1 }, stomach, 8),
    ],
    { radius: TUBE * 0.9, value: density },
  );
};

const centralLine: Draw = (target, chest, finding, density) => {
  const sign = SIGN[finding.side];
  const entry: Point = { x: MIDLINE + sign * (0.16 + 0.1 * finding.across), y: chest.apex - 0.02 };
  const cava = { x: MIDLINE - 0.045, y: chest.hilum - 0.03 };
  drawPolyline(
    target,
    [
      { x: entry.x + sign * 0.06, y: -0.02 },
      ...curve(
        entry,
        { x: MIDLINE + sign * 0.09, y: chest.apex + 0.07 },
        { x: cava.x, y: chest.apex + 0.13 },
        10,
      ),
      { x: cava.x, y: cava.y + 0.09 },
    ],
    { radius: WIRE, value: density },
  );
};

const pacemaker: Draw = (target, chest, finding, density) => {
  const box: Point = { x: MIDLINE + 0.25, y: chest.apex + 0.13 + 0.03 * finding.across };
  drawPolyline(
    target,
    [
      { x: box.x - 0.02, y: box.y },
      { x: box.x + 0.02, y: box.y + 0.006 },
    ],
    {
      radius: 0.033,
      value: density * 1.5,
    },
  );
  const lead = (tip: Point): void =>
    drawPolyline(
      target,
      [
        ...curve(
          { x: box.x - 0.03, y: box.y - 0.02 },
          { x: MIDLINE + 0.1, y: chest.apex + 0.05 },
          { x: MIDLINE - 0.03, y: chest.apex + 0.15 },
          10,
        ),
        ...curve({ x: MIDLINE - 0.04, y: chest.hilum }, { x: MIDLINE - 0.05, y: tip.y - 0.05 }, tip, 8),
      ],
      { radius: WIRE, value: density },
    );
  lead({ x: MIDLINE + 0.1, y: chest.dome.left - 0.05 });
  if (finding.down > 0.5) lead({ x: MIDLINE - 0.035, y: chest.hilum + 0.16 });
};

const sternalWires: Draw = (target, chest, _finding, density, random) => {
  for (let i = 0; i < 6; i++) {
    const y = chest.apex + 0.13 + 0.075 * i;
    const half = between(random, 0.012, 0.018);
    drawPolyline(
      target,
      [
        { x: MIDLINE - half, y: y - 0.006 },
        { x: MIDLINE - half * 0.6, y: y + 0.01 },
        { x: MIDLINE + half * 0.6, y: y - 0.008 },
        { x: MIDLINE + half, y: y + 0.008 },
        { x: MIDLINE, y: y + 0.015 },
      ],
      { radius: WIRE, value: density },
    );
  }
};

const monitorLeads: Draw = (target, chest, finding, density, random) => {
  for (const [x, y] of [
    [-0.24, chest.apex + 0.1],
    [0.25, chest.apex + 0.12],
    [0.2, chest.dome.left - 0.02],
  ] as const) {
    const pad = { x: MIDLINE + x + between(random, -0.02, 0.02), y: y + between(random, -0.02, 0.02) };
    drawPolyline(target, [pad, pad], { radius: 0.013, value: density * 0.9 });
    const exit = { x: finding.across < 0.5 ? 0.02 : 0.98, y: 0.62 + 0.35 * random() };
    drawPolyline(target, curve(pad, { x: (pad.x + exit.x) / 2, y: pad.y + 0.16 }, exit, 10), {
      radius: WIRE * 0.9,
      value: density * 0.8,
    });
  }
};

/** Combinations as they come: a ventilated patient, a dialysis patient, a heart patient. */
const SETS: readonly (readonly Draw[])[] = [
  [intubation, feedingTube],
  [centralLine],
  [pacemaker],
  [sternalWires],
  [monitorLeads],
  [intubation, centralLine, monitorLeads],
  [sternalWires, pacemaker],
  [centralLine, feedingTube],
];

/** Draws tubes, lines, wires, pads and pacemakers; severity is their density. */
export function drawDevices(body: Body, chest: Chest, finding: Finding): void {
  const random = fastRandom(finding.seed);
  const density = 0.12 + 0.22 * finding.severity;
  for (const draw of SETS[Math.floor(random() * SETS.length)] ?? []) {
    draw(body.devices, chest, finding, density, random);
  }
}
