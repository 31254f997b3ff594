import { betaQuantile } from "../../src/evaluation/distributions/beta.ts";
import type { NamedCauses } from "./name-causes.ts";
import { WORLD_KINDS, type World, type WorldKind } from "./world.ts";

/** A world's cause, and what the probes named. */
export interface WorldResult {
  readonly kind: WorldKind;
  readonly index: number;
  readonly mark: World["mark"];
  readonly named: NamedCauses;
  readonly validationLoss: number;
}

/** What was named, as the columns of the table. A world may have several. */
const NAMED = [
  "its mark, its label",
  "its mark",
  "another mark",
  "style",
  "view",
  "convention",
  "nothing",
] as const;
type NamedAs = (typeof NAMED)[number];

/** How many of `worlds`, with the bound that the true share exceeds, or stays under, in 95 of 100 such experiments. */
export interface Share {
  readonly count: number;
  readonly worlds: number;
  readonly low: number;
  readonly high: number;
}

const SIDE = 0.95;

/** One-sided Clopper-Pearson bounds at 95 % each. */
export function share(count: number, worlds: number): Share {
  return {
    count,
    worlds,
    low: count === 0 ? 0 : betaQuantile(1 - SIDE, count, worlds - count + 1),
    high: count === worlds ? 1 : betaQuantile(SIDE, count + 1, worlds - count),
  };
}

/** Of a world, everything that was named. */
function namedAs({ mark, named }: WorldResult): NamedAs[] {
  const own = named.marks.filter(({ kind }) => kind === mark?.kind);
  const columns: NamedAs[] = [
    ...(own.some(({ label }) => label === mark?.label) ? (["its mark, its label"] as const) : []),
    ...(own.length > 0 ? (["its mark"] as const) : []),
    ...(named.marks.length > own.length ? (["another mark"] as const) : []),
    ...(named.style.length > 0 ? (["style"] as const) : []),
    ...(named.view.length > 0 ? (["view"] as const) : []),
    ...(named.convention === "named" ? (["convention"] as const) : []),
  ];
  return columns.length === 0 ? ["nothing"] : columns;
}

/** Planted cause against named cause; marks by their kind as well. */
export function summariseWorlds(results: readonly WorldResult[]) {
  const rowOf = (row: string, own: readonly WorldResult[]) => ({
    planted: row,
    named: Object.fromEntries(
      NAMED.map((column) => [
        column,
        share(own.filter((world) => namedAs(world).includes(column)).length, own.length),
      ]),
    ),
  });
  return WORLD_KINDS.flatMap((kind) => {
    const own = results.filter((world) => world.kind === kind);
    if (own.length === 0) return [];
    const kinds = kind.startsWith("mark") ? [...new Set(own.map(({ mark }) => mark?.kind ?? ""))].sort() : [];
    return [
      rowOf(kind, own),
      ...kinds.map((mark) =>
        rowOf(
          `${kind}: ${mark}`,
          own.filter((world) => world.mark?.kind === mark),
        ),
      ),
    ];
  });
}
