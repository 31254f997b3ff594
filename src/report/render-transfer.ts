import { bestOf, choiceText } from "../evaluation/best-of.ts";
import type { LabelContribution } from "../evaluation/transfer/contributions.ts";
import type {
  Change,
  ElsewhereContrast,
  MatrixRow,
  RecipeTransfer,
  Transfer,
  TransferContrast,
  TransferPair,
} from "../evaluation/transfer/transfer.ts";
import { countText } from "../util/count-text.ts";
import { textTable } from "../util/text-table.ts";
import { formatDifference, formatEstimate, formatNumber, NOTHING } from "./format-estimate.ts";

/** How a table and a heading are written. */
export type TransferForm = "text" | "markdown";

/** Labels named of each contrast. */
const NAMED_LABELS = 3;

/** What stands for verdicts where nothing is trained. */
export const NO_STEP = "none: the study trains nothing";

/** The answer of `chexreason transfer`, for a terminal or as markdown; of a recipe, a line a training at the end. */
export function renderTransfer(
  transfer: Transfer & Partial<Pick<RecipeTransfer, "trainings">>,
  form: TransferForm,
): string {
  const heading = (text: string): string => (form === "markdown" ? `### ${text}` : text);
  const item = (text: string): string => (form === "markdown" ? `- ${text}` : `  ${text}`);
  const table = form === "markdown" ? markdownTable : terminalTable;
  const blocks = [
    [heading(`Transfer of ${plain(transfer.subject)}`), ...aboutLines(transfer).map(item)],
    ...transfer.pairs.flatMap((pair) => pairBlocks(transfer, pair, heading, table)),
    [
      heading(`Verdicts on matched macro-F1, ${marginText(transfer)}`),
      ...(transfer.contrasts.length === 0 ? [item(NO_STEP)] : []),
      ...transfer.contrasts.flatMap((contrast) => contrastLines(contrast)).map(item),
    ],
    ...elsewhereBlock(transfer.elsewhere, heading, item),
    ...trainingBlock(transfer.trainings ?? [], heading, item),
  ];
  return `${blocks.map((lines) => separate(lines, form)).join("\n\n")}\n`;
}

/** "margin 0.02, as declared"; a margin that was not declared says so. */
export function marginText({ delta, declaredDelta }: Pick<Transfer, "delta" | "declaredDelta">): string {
  if (declaredDelta === null) return `margin ${delta}`;
  return delta === declaredDelta
    ? `margin ${delta}, as declared`
    : `margin ${delta}, which is not the declared ${declaredDelta}`;
}

type TableWriter = (head: readonly string[], rows: readonly (readonly string[])[]) => string[];

/** Markdown wants an empty line after a heading. */
function separate([first = "", ...rest]: readonly string[], form: TransferForm): string {
  return [first, ...(form === "markdown" ? [""] : []), ...rest].join("\n");
}

/** What the verdict speaks of and rests on, a line each. */
export function aboutLines({ scope, interval, hospitals, choices, notes }: Transfer): string[] {
  const draws = `${interval.resamples.toLocaleString("en")} draws of patients`;
  const level = `${percentText(interval.level)} intervals`;
  const about = {
    "two checkpoints": `scope: two checkpoints, not the recipe: ${level} from ${draws}`,
    recipe: `scope: a recipe, ${scope.kind === "recipe" ? countText(scope.seeds.length, "seed") : ""}: ${level} (t) over seeds and ${draws}`,
    "printed numbers": "scope: printed numbers: no patients, no intervals, no verdict",
  }[scope.kind];
  return [
    about,
    ...hospitals.map(({ name, role, images, patients, labels }, index) => {
      const size = [
        ...(images === null ? [] : [countText(images, "image")]),
        ...(patients === null ? [] : [countText(patients, "patient")]),
        countText(labels.length, "label"),
      ];
      return `${index === 0 ? "home" : "away"}: ${plain(name)} (${role}), ${size.join(", ")}`;
    }),
    ...choices.map((choice) => choiceText(choice, plain(choice.model))),
    ...notes.map(plain),
  ];
}

function pairBlocks(
  { choices, lineage }: Pick<Transfer, "choices" | "lineage">,
  pair: TransferPair,
  heading: (text: string) => string,
  table: TableWriter,
): string[][] {
  const named = (model: string): string => {
    const best = bestOf(choices, lineage, model);
    return best === null ? plain(model) : `${plain(model)} (${best.text})`;
  };
  const { labels, rows, home, away } = pair;
  const [all, matched] = [labels.home.length, labels.matched.length];
  const names = `${plain(home)} to ${plain(away)}`;
  const first = [
    heading(`Macro-F1, ${names}`),
    ...table(
      [
        "model",
        `home, ${all}`,
        `home, same ${matched}`,
        `away, ${labels.away.length}`,
        "drop as printed",
        "drop, matched",
      ],
      rows.map(({ model, home: here, away: there, drop }) => [
        named(model),
        formatEstimate(here.all),
        formatEstimate(here.matched),
        formatEstimate(there.all),
        relativeText(drop.all),
        relativeText(drop.matched),
      ]),
    ),
  ];
  if (labels.prevalences.length === 0) return [first];
  const rated = labels.prevalences.length;
  const pick = (
    measure: "common-prevalence" | "balanced-accuracy",
    { home: here, away: there, drop }: MatrixRow,
  ) => [formatEstimate(here[measure]), formatEstimate(there[measure]), relativeText(drop[measure])];
  const second = [
    heading(`Free of prevalence, ${names}, ${countText(rated, "label")}`),
    ...table(
      ["model", "F1 at one prevalence: home", "away", "drop", "balanced accuracy: home", "away", "drop"],
      rows.map((row) => [
        named(row.model),
        ...pick("common-prevalence", row),
        ...pick("balanced-accuracy", row),
      ]),
    ),
  ];
  return [first, second];
}

function contrastLines(contrast: TransferContrast): string[] {
  const { from, to, home, away, verdict, read, changes, contributions } = contrast;
  const matched = contributions.homeMatched.length;
  return [
    `${plain(from)} -> ${plain(to)}, ${plain(home)} to ${plain(away)}: ${verdict}${whyOpen(contrast)}`,
    `  home ${formatDifference(read.home)}, away ${formatDifference(read.away)}${levelText(contrast)}`,
    `  home ${relativeText(changes.all.home)} over ${contributions.homeAll.length} labels, ` +
      `${relativeText(changes.matched.home)} over the ${matched} matched; away ${relativeText(changes.matched.away)}`,
    `  of the change over all labels at home: ${partsText(contributions.homeAll)}`,
    `  of the matched change away: ${partsText(contributions.awayMatched)}`,
  ];
}

/** The last model against those from elsewhere; nothing where there is none. */
function elsewhereBlock(
  elsewhere: readonly ElsewhereContrast[],
  heading: (text: string) => string,
  item: (text: string) => string,
): string[][] {
  if (elsewhere.length === 0) return [];
  const lines = elsewhere.map(({ from, to, home, away, changes: { matched, all } }) => {
    const where = `${plain(to)} against ${plain(from)}, ${plain(home)} and ${plain(away)}`;
    const differences = `home ${formatDifference(matched.home.absolute)}, away ${formatDifference(matched.away.absolute)}`;
    return `${where}: ${differences}; over all labels home ${formatDifference(all.home.absolute)}`;
  });
  return [[heading("Against models from elsewhere, matched macro-F1 (no verdict)"), ...lines.map(item)]];
}

/** The verdicts on each training's own checkpoints; nothing where there is only one. */
function trainingBlock(
  trainings: RecipeTransfer["trainings"],
  heading: (text: string) => string,
  item: (text: string) => string,
): string[][] {
  if (trainings.length === 0) return [];
  const lines = trainings.flatMap(({ seed, transfer: { contrasts } }) =>
    contrasts.map((contrast) => {
      const { from, to, home, away, verdict, read } = contrast;
      const where = `${plain(from)} -> ${plain(to)}, ${plain(home)} to ${plain(away)}`;
      const rests = `home ${formatDifference(read.home)}, away ${formatDifference(read.away)}${levelText(contrast)}`;
      return `seed ${seed}, ${where}: ${verdict}; ${rests}`;
    }),
  );
  return [[heading("Each training alone (scope: two checkpoints)"), ...lines.map(item)]];
}

/** What an inconclusive verdict lacks, in brackets; nothing for another. */
export function whyOpen({ inconclusive }: Pick<TransferContrast, "inconclusive">): string {
  if (inconclusive === null) return "";
  switch (inconclusive.kind) {
    case "no interval":
      return " (printed numbers have no interval)";
    case "too wide over seeds":
      return ` (patients and ${countText(inconclusive.seeds, "seed")} leave it open)`;
    case "too few seeds":
      return ` (${countText(inconclusive.seeds, "seed")}, a recipe needs ${inconclusive.needed})`;
    case "too wide": {
      const { patients } = inconclusive;
      if (patients === null)
        return " (no number of patients would settle it, if the differences are as seen)";
      const [home, away] = [patients.home, patients.away].map((count) => count.toLocaleString("en"));
      return ` (some ${home} patients at home and ${away} away would settle it, if the differences are as seen)`;
    }
  }
}

/** The labels that most of a change comes from. */
export function partsText(parts: readonly LabelContribution[]): string {
  const named = parts.slice(0, NAMED_LABELS).map(({ label, contribution, share }) => {
    const value = formatDifference({ value: contribution, low: null, high: null });
    return share === null ? `${label} ${value}` : `${label} ${value} (${wholePercent(share)})`;
  });
  return named.join(", ") || NOTHING;
}

/** "-30 % [-41, -18]". */
export function relativeText({ relative: { value, low, high } }: Change): string {
  if (value === null) return NOTHING;
  const bounds = low === null || high === null ? "" : ` [${signedWhole(low)}, ${signedWhole(high)}]`;
  return `${signedWhole(value)} %${bounds}`;
}

function signedWhole(share: number): string {
  const text = formatNumber(share * 100, 0);
  return Number(text) > 0 ? `+${text}` : text;
}

const wholePercent = (share: number): string => `${formatNumber(share * 100, 0)} %`;

/** At which level the intervals are, where there are any. */
export function levelText({ read: { home, level } }: Pick<TransferContrast, "read">): string {
  return home.low === null ? "" : ` at ${percentText(level)}`;
}

/** A level: "95 %", "97.5 %", "98.33 %". */
const percentText = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** A name without characters that could move a terminal's cursor. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

function terminalTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return textTable(head, rows).map((line) => `  ${line}`);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
