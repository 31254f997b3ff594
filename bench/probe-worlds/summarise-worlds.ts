import { betaQuantile } from "../../src/evaluation/distributions/beta.ts";
import type { ConventionOutcome } from "../../src/evaluation/probes/convention-probe.ts";
import { nameCauses, type Reaction } from "./name-causes.ts";
import { isPlanted, WORLD_KINDS, type World, type WorldKind } from "./world.ts";

/** A world's cause, and what the probes measured: what is named of it follows from that. */
export interface WorldResult {
  readonly kind: WorldKind;
  readonly index: number;
  readonly mark: World["mark"];
  /** All that changed by a tenth of the patients or more. */
  readonly reactions: readonly Reaction[];
  readonly conventions: readonly ConventionOutcome[];
  readonly markGain: number | null;
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

/**
 * A planted mark is taken as learnt when the model tells its label so much better on the training hospital's pictures as
 * drawn than with the marks dealt anew (difference of balanced accuracies). A probe cannot find what was not learnt.
 */
export const LEARNT = 0.1;

/** Of a world, everything that was named. */
function namedAs({ mark, reactions, conventions }: WorldResult): NamedAs[] {
  const named = nameCauses(reactions, conventions);
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

/**
 * Planted cause against named cause; planted marks once more where they were learnt, and where not; and all worlds without
 * a shortcut together.
 */
export function summariseWorlds(results: readonly WorldResult[]) {
  const rowOf = (planted: string, own: readonly WorldResult[]) => ({
    planted,
    named: Object.fromEntries(
      NAMED.map((column) => [
        column,
        share(own.filter((world) => namedAs(world).includes(column)).length, own.length),
      ]),
    ),
  });
  const kinds = WORLD_KINDS.flatMap((kind) => {
    const own = results.filter((world) => world.kind === kind);
    const learnt = own.filter(({ markGain }) => (markGain ?? 0) >= LEARNT);
    const rows: { row: string; worlds: WorldResult[] }[] = [{ row: kind, worlds: own }];
    if (isPlanted(kind))
      rows.push(
        { row: `${kind}, learnt`, worlds: learnt },
        { row: `${kind}, not learnt`, worlds: own.filter((world) => !learnt.includes(world)) },
      );
    return rows.filter(({ worlds }) => worlds.length > 0).map(({ row, worlds }) => rowOf(row, worlds));
  });
  const without = results.filter(({ kind }) => !isPlanted(kind));
  return without.length === 0 ? kinds : [...kinds, rowOf("no shortcut, of any kind", without)];
}
