import type { Measure } from "../../evaluation/transfer/measures.ts";
import type {
  ElsewhereContrast,
  MatrixRow,
  Transfer,
  TransferContrast,
  TransferPair,
} from "../../evaluation/transfer/transfer.ts";
import type { Verdict } from "../../evaluation/transfer/verdict.ts";
import { formatNumber } from "../format-estimate.ts";
import { type Html, html } from "../html.ts";
import { markNotes, marksOf } from "../marks.ts";
import { aboutLines, levelText, marginText, partsText, relativeText, whyOpen } from "../render-transfer.ts";
import type { ReportInput } from "../report-input.ts";
import { differenceCell, estimateCell, relativeCell } from "./estimate-cell.ts";
import { hospitalName, modelName, modelOf, noteList, type Section, table } from "./section.ts";

/** What each verdict says, for someone who has not read its definition. */
const MEANING: Readonly<Record<Verdict, string>> = {
  "benchmark-only": "better at home, worse away",
  transfers: "better at home, and away not worse by the margin",
  trades: "worse at home, better away",
  regresses: "worse at one of the two, better at neither",
  unchanged: "neither better nor worse than the margin, at both",
  inconclusive: "these patients do not decide it",
};

/** First of all: whether what training gained is there in another hospital. */
export function verdictSection(input: ReportInput): Section {
  return { id: "verdict", title: "Verdict", body: verdictBody(input) };
}

function verdictBody(input: ReportInput): Html {
  if (input.transfer.outcome === "not judged") return html`<p>No verdict: ${input.transfer.why}.</p>`;
  const { transfer } = input.transfer;
  return html`<p>Does what each step of training gained at home show away, on the labels that both hospitals state? A
change of macro-F1 below the margin counts as none: ${marginText(transfer)}.</p>
<ul class="verdicts">${transfer.contrasts.map((contrast) => verdictItem(input, transfer, contrast))}</ul>
<ul class="note">${aboutLines(transfer).map((line) => html`<li>${line}</li>`)}</ul>
${transfer.contrasts.length === 0 ? html`<p>No verdict: the study trains nothing.</p>` : contrastTable(input, transfer)}
${elsewhereTable(input, transfer)}
${transfer.pairs.map((pair) => pairTables(input, pair))}`;
}

function verdictItem(input: ReportInput, transfer: Transfer, contrast: TransferContrast): Html {
  const { from, to, home, away, verdict, contributions } = contrast;
  const names = [home, away].map((id) => hospitalName(input, id));
  return html`<li><strong class="verdict">${verdict}</strong> ${modelName(input, from)} to ${modelName(input, to)},
${names[0]} to ${names[1]}: ${MEANING[verdict]}${whyOpen(contrast)}.
${blindNote(input, transfer, contrast)}
<span class="note">Labels with most of the change: at home ${partsText(contributions.homeMatched)}; away
${partsText(contributions.awayMatched)}.</span></li>
`;
}

/** A gain may be one in naming what is common: whether the model is above readers that look at no picture. */
function blindNote(input: ReportInput, { pairs }: Transfer, contrast: TransferContrast): Html | null {
  const pair = pairs.find(({ home, away }) => home === contrast.home && away === contrast.away);
  const own = pair?.rows.find(({ model }) => model === contrast.to);
  if (pair === undefined || own === undefined) return null;
  const blind = pair.rows.filter(({ model }) => modelOf(input, model)?.kind === "trivial");
  const below = (["home", "away"] as const).flatMap((side) => {
    const value = own[side].matched.value ?? 0;
    const best = [...blind].sort((a, b) => (b[side].matched.value ?? 0) - (a[side].matched.value ?? 0))[0];
    const limit = best?.[side].matched.value ?? null;
    return best === undefined || limit === null || value > limit
      ? []
      : [
          `${side} ${formatNumber(value, 3)} against ${formatNumber(limit, 3)} of ${modelName(input, best.model)}`,
        ];
  });
  return below.length === 0
    ? null
    : html`<strong class="worse">${modelName(input, contrast.to)} is not above a reader that looks at no picture</strong>
(matched macro-F1 ${below.join("; ")}).`;
}

function contrastTable(input: ReportInput, { contrasts }: Transfer): Html {
  const row = (contrast: TransferContrast): (Html | string)[] => {
    const { from, to, away, verdict, read, changes } = contrast;
    return [
      html`${modelName(input, from)} <span class="muted">to</span> ${modelName(input, to)}, ${hospitalName(input, away)}`,
      html`<span class="verdict">${verdict}</span>`,
      differenceCell(read.home, "high"),
      differenceCell(read.away, "high"),
      levelText(contrast).replace(" at ", ""),
      relativeCell(relativeText(changes.all.home)),
      relativeCell(relativeText(changes.matched.home)),
      relativeCell(relativeText(changes.matched.away)),
    ];
  };
  return table(
    "What the verdicts rest on",
    [
      "Contrast",
      "Verdict",
      "Matched macro-F1, home",
      "Matched macro-F1, away",
      "Level of these two",
      "Home, all labels, relative",
      "Home, matched, relative",
      "Away, matched, relative",
    ],
    contrasts.map(row),
    "dense",
  );
}

/** The study's last model against those from elsewhere, on the same patients. */
function elsewhereTable(input: ReportInput, { elsewhere }: Transfer): Html | null {
  if (elsewhere.length === 0) return null;
  const named = (id: string, { home, away }: ElsewhereContrast): string =>
    `${modelName(input, id)}${marksOf(input, id, home, away)}`;
  return html`${table(
    "Against models from elsewhere",
    [
      "Contrast",
      "Matched macro-F1, home",
      "Matched macro-F1, away",
      "Home, all labels",
      "F1 at one prevalence, home",
      "Away",
      "Balanced accuracy, home",
      "Away",
    ],
    elsewhere.map((contrast) => {
      const { from, to, away, changes } = contrast;
      const cell = (measure: Measure, side: "home" | "away") =>
        differenceCell(changes[measure][side].absolute, "high");
      return [
        html`${named(to, contrast)} <span class="muted">against</span> ${named(from, contrast)}, ${hospitalName(input, away)}`,
        cell("matched", "home"),
        cell("matched", "away"),
        cell("all", "home"),
        cell("common-prevalence", "home"),
        cell("common-prevalence", "away"),
        cell("balanced-accuracy", "home"),
        cell("balanced-accuracy", "away"),
      ];
    }),
    "dense",
  )}
<p class="note">The same patients, paired, each difference with its plain interval. No verdict: no step of training leads from
the one to the other, and nothing was declared of them beforehand.</p>
`;
}

function pairTables(input: ReportInput, pair: TransferPair): Html {
  const { labels, rows } = pair;
  const [home, away] = [pair.home, pair.away].map((id) => hospitalName(input, id));
  const row = (each: MatrixRow): (Html | string)[] => [
    `${modelName(input, each.model)}${marksOf(input, each.model, pair.home, pair.away)}`,
    estimateCell(each.home.all),
    estimateCell(each.home.matched),
    estimateCell(each.away.all),
    estimateCell(each.away.matched),
    relativeCell(relativeText(each.drop.all)),
    relativeCell(relativeText(each.drop.matched)),
    estimateCell(each.home["common-prevalence"]),
    estimateCell(each.away["common-prevalence"]),
    relativeCell(relativeText(each.drop["common-prevalence"])),
    estimateCell(each.home["balanced-accuracy"]),
    estimateCell(each.away["balanced-accuracy"]),
  ];
  return html`${table(
    `Transfer matrix, ${home} to ${away}`,
    [
      "Reader",
      `Macro-F1, home, ${labels.home.length} labels`,
      `Home, the ${labels.matched.length} matched`,
      `Away, ${labels.away.length} labels`,
      `Away, the ${labels.matched.length} matched`,
      "Drop as printed",
      "Drop, matched",
      "F1 at one prevalence, home",
      "Away",
      "Drop",
      "Balanced accuracy, home",
      "Away",
    ],
    rows.map(row),
    "dense",
  )}
<p class="note">The drop as printed compares different sets of labels; the matched one does not. F1 moves with how common
a label is: the columns at one prevalence put each label where the mean of the two hospitals is, over the ${labels.prevalences.length}
labels for which both hospitals have positives and negatives.</p>
${noteList(
  markNotes(
    input,
    rows.map(({ model }) => model),
    [pair.home, pair.away],
  ),
)}
`;
}
