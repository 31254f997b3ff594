import type {
  MatrixRow,
  Transfer,
  TransferContrast,
  TransferPair,
} from "../../evaluation/transfer/transfer.ts";
import type { Verdict } from "../../evaluation/transfer/verdict.ts";
import { type Html, html } from "../html.ts";
import { aboutLines, levelText, partsText, relativeText, whyOpen } from "../render-transfer.ts";
import type { ReportInput } from "../report-input.ts";
import { differenceCell, estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, type Section, table } from "./section.ts";

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
  return html`<p>Does what each step of training gained at home show away, on the labels that both hospitals state? The
margin of macro-F1 below which a change counts as none is ${transfer.delta}, declared beforehand.</p>
<ul class="verdicts">${transfer.contrasts.map((contrast) => verdictItem(input, contrast))}</ul>
<ul class="note">${aboutLines(transfer).map((line) => html`<li>${line}</li>`)}</ul>
${contrastTable(input, transfer)}
${transfer.pairs.map((pair) => pairTables(input, pair))}`;
}

function verdictItem(input: ReportInput, contrast: TransferContrast): Html {
  const { from, to, home, away, verdict } = contrast;
  return html`<li><strong class="verdict">${verdict}</strong> ${modelName(input, from)} to ${modelName(input, to)},
${hospitalName(input, home)} to ${hospitalName(input, away)}: ${MEANING[verdict]}${whyOpen(contrast)}.</li>
`;
}

function contrastTable(input: ReportInput, { contrasts }: Transfer): Html {
  const row = (contrast: TransferContrast): (Html | string)[] => {
    const { from, to, home, away, verdict, read, changes, contributions } = contrast;
    return [
      html`${modelName(input, from)} <span class="muted">to</span> ${modelName(input, to)}, ${hospitalName(input, away)}`,
      verdict,
      differenceCell(read.home, "high"),
      differenceCell(read.away, "high"),
      levelText(contrast).replace(" at ", ""),
      relativeText(changes.all.home),
      relativeText(changes.matched.home),
      relativeText(changes.matched.away),
      html`${hospitalName(input, home)}: ${partsText(contributions.homeMatched)}; ${hospitalName(input, away)}: ${partsText(contributions.awayMatched)}`,
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
      "Labels with most of the matched change",
    ],
    contrasts.map(row),
    "dense",
  );
}

function pairTables(input: ReportInput, pair: TransferPair): Html {
  const { labels, rows } = pair;
  const [home, away] = [pair.home, pair.away].map((id) => hospitalName(input, id));
  const row = (each: MatrixRow): (Html | string)[] => [
    modelName(input, each.model),
    estimateCell(each.home.all),
    estimateCell(each.home.matched),
    estimateCell(each.away.all),
    estimateCell(each.away.matched),
    relativeText(each.drop.all),
    relativeText(each.drop.matched),
    estimateCell(each.home["common-prevalence"]),
    estimateCell(each.away["common-prevalence"]),
    relativeText(each.drop["common-prevalence"]),
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
`;
}
