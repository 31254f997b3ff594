import { canonicalOrder, type Label } from "../../labels/label.ts";
import { formatNumber } from "../format-estimate.ts";
import { type Html, html } from "../html.ts";
import type { ReportInput, SampleAnswer, SampleReading } from "../report-input.ts";
import { isPicture } from "../thumbnail.ts";
import { hospitalName, modelName, type Section } from "./section.ts";

/** Pictures shown at most: each costs some 10 kB, and a page of more is not read. */
export const SAMPLE_LIMIT = 24;

/** Characters of an answer shown at most; what is cut is said. */
export const ANSWER_LIMIT = 4_000;

/** Images beside the truth and what each model wrote. */
export function samplesSection(input: ReportInput): Section | null {
  if (input.samples.length === 0) return null;
  const shown = input.samples.slice(0, SAMPLE_LIMIT);
  return {
    id: "readings",
    title: "Sample readings",
    body: html`<p>Chosen for contrast, not at random: do not count them. ✓ named and there, ✗ named but not there,
○ there but not named. Where the study has a reward, its parts stand below the labels, as an answer on its own would earn
them: a reward that looks back at earlier answers has none to look back at here.</p>
${shown.map((sample) => card(input, sample))}`,
  };
}

function card(input: ReportInput, sample: SampleReading): Html {
  const { picture } = sample;
  if (picture !== null && !isPicture(picture)) {
    throw new Error(`report: the picture of ${sample.id} is not a JPEG or PNG in a data URI`);
  }
  const image =
    picture === null
      ? html`<p class="note">no picture</p>`
      : html`<img src="${picture}" alt="Chest radiograph ${sample.id}">`;
  return html`<article class="reading">
<div class="picture">${image}</div>
<div>
<h3>${sample.id}</h3>
<p class="note">${hospitalName(input, sample.data)}, patient ${sample.patient}. Shown because: ${sample.reason}.</p>
<p><strong>Truth:</strong> ${sample.truth.length === 0 ? "no label" : canonicalOrder(sample.truth).join(", ")}</p>
${sample.answers.map((answer) => answerBlock(input, sample, answer))}</div>
</article>
`;
}

function answerBlock(input: ReportInput, { truth }: SampleReading, answer: SampleAnswer): Html {
  const { predicted, failure, text, reward } = answer;
  const cut =
    text.length > ANSWER_LIMIT ? html` <em>(${text.length - ANSWER_LIMIT} more characters)</em>` : null;
  const parts = reward.map(({ name, value }) => html`<li>${name} <b>${formatNumber(value, 3)}</b></li>`);
  return html`<section class="answer">
<h4>${modelName(input, answer.model)}</h4>
${predicted === null ? html`<p class="worse">Could not be read: ${failure ?? "no reason given"}.</p>` : difference(truth, predicted)}
${parts.length === 0 ? null : html`<ul class="reward" aria-label="Reward">${parts}</ul>`}
${text.trim() === "" ? html`<p class="note">Nothing was written.</p>` : html`<blockquote>${text.slice(0, ANSWER_LIMIT)}${cut}</blockquote>`}
</section>
`;
}

/** The labels of truth and answer, each with its verdict. */
function difference(truth: readonly Label[], predicted: readonly Label[]): Html {
  const chips = canonicalOrder([...truth, ...predicted]).map((label) => {
    const isThere = truth.includes(label);
    const isNamed = predicted.includes(label);
    const [kind, mark, words] =
      isThere && isNamed
        ? ["hit", "✓", "right"]
        : isNamed
          ? ["alarm", "✗", "wrong"]
          : ["miss", "○", "missed"];
    return html`<li class="${kind}"><span role="img" aria-label="${words}">${mark}</span> ${label}</li>`;
  });
  return chips.length === 0
    ? html`<p class="note">Names no label.</p>`
    : html`<ul class="labels">${chips}</ul>`;
}
