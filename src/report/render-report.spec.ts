import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { exampleReportInput } from "./example-report-input.ts";
import { formatEstimate } from "./format-estimate.ts";
import { escapeText } from "./html.ts";
import { renderReport } from "./render-report.ts";
import type { ReportInput } from "./report-input.ts";
import { ANSWER_LIMIT, SAMPLE_LIMIT } from "./sections/samples-section.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "</style><script>alert(1)</script>",
  "</svg><iframe src=javascript:alert(1)>",
  "<!-- -->]]><script>",
  "javascript:alert(1)",
  "https://example.org/x.png",
  'a role="x" <b',
  "&lt;script&gt;",
  "\u202egnp\u0000",
  "{{alert(1)}} datum.x",
];

/** Every text of the input that comes from outside, replaced; the fields that name models and hospitals too. */
function hostile(input: ReportInput, text: string): ReportInput {
  const named = new Map(input.models.map(({ id }) => [id, `${id}${text}`]));
  const model = (id: string): string => named.get(id) ?? text;
  const data = (id: string): string => `${id}${text}`;
  return {
    ...input,
    study: { ...input.study, name: text, description: text, version: text },
    models: input.models.map((m) => ({ ...m, id: model(m.id), name: text, description: text })),
    hospitals: input.hospitals.map((h) => ({ id: data(h.id), name: text, description: text })),
    evaluations: input.evaluations.map((e) => ({
      ...e,
      model: model(e.model),
      data: data(e.data),
      failures: e.failures.map((f) => ({ ...f, reason: text })),
    })),
    comparisons: input.comparisons.map((c) => ({
      ...c,
      model: model(c.model),
      baseline: model(c.baseline),
      data: data(c.data),
    })),
    labelScores: input.labelScores.map((s) => ({ ...s, model: model(s.model), data: data(s.data) })),
    grpo: input.grpo?.map((point) => ({ ...point, components: { [text]: 1 } })) ?? null,
    samples: input.samples.map((sample) => ({
      ...sample,
      id: text,
      patient: text,
      data: text,
      reason: text,
      answers: sample.answers.map((answer) => ({
        ...answer,
        model: text,
        text,
        failure: answer.failure === null ? null : text,
        reward: [{ name: text, value: 1 }],
      })),
    })),
    cohorts: input.cohorts.map((c) => ({ ...c, name: text, excluded: [{ reason: text, count: 1 }] })),
    scaled: [{ setting: text, paper: text, here: text, why: text }],
    notVerified: [text],
    stages: [{ name: text, hash: text, note: text }],
    config: text,
  };
}

const TAG = /<(!doctype|\/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"]*")?)*)\s*\/?>/g;

/** Every tag of a page as "name attribute attribute"; fails where a `<` is not part of a well-formed tag. */
function tags(page: string): string[] {
  const found = [...page.matchAll(TAG)].map(([, name = "", attributes = ""]) =>
    [
      name.toLowerCase(),
      ...[...attributes.matchAll(/\s([a-zA-Z][\w:-]*)(?:="[^"]*")?/g)].map(([, a]) => a),
    ].join(" "),
  );
  expect(page.replace(TAG, "").match(/<[^\n]{0,60}/)).toBeNull();
  return found;
}

let input: ReportInput;
let page: string;
beforeAll(async () => {
  input = await exampleReportInput();
  page = await renderReport(input);
});

describe("renderReport", () => {
  it("shows each value with its interval, the trivial readers beside the models", () => {
    for (const { failureRate, views } of input.evaluations) {
      for (const estimate of [failureRate, views[0]?.macro.f1, views[1]?.macro.f1, views[0]?.micro.f1]) {
        const [value, ...interval] = formatEstimate(estimate ?? { value: null, low: null, high: null }).split(
          " ",
        );
        expect(page).toContain(`<td>${value} <small>${interval.join(" ")}</small></td>`);
      }
    }
    const picked = ["SFT (best of 5)", "GRPO (best of 3, from the best of 5)"];
    const names = input.models.map(({ name }) => picked.find((text) => text.startsWith(`${name} `)) ?? name);
    for (const name of names) expect(page).toContain(`>${name}</span></th>`);
    expect(page).toContain("<li>SFT is the best of 5 checkpoints, by the loss on held-out traces.</li>");
  });

  it("shows the scaled settings, what was not verified, hashes, configuration, pictures and answers", () => {
    for (const text of ["reward.minimumTokens", "readings here are 40 to 60 tokens long", "9f2c1a7be0d4"]) {
      expect(page).toContain(text);
    }
    for (const text of [...input.notVerified, input.config]) expect(page).toContain(escapeText(text));
    expect(page.split('<img src="data:image/jpeg;base64,')).toHaveLength(3);
    expect(page).toContain("&lt;solution&gt;Cardiomegaly, Lung Opacity&lt;/solution&gt;");
    expect(page).toContain("Could not be read: no solution block.");
  });

  it("marks a reader's numbers on images that it may have been trained on", () => {
    expect(page).toContain('<span class="trained">SFT ‡ (best of 5)</span>');
    const said =
      "‡ Base, SFT on Phantom CheXpert: possible contamination: made up for the example (nowhere).";
    // Results, other ways of counting, differences, scores, matrix, and the notes of the tables.
    expect(page.split(said).length).toBeGreaterThan(6);
  });

  it("holds the last model against those from elsewhere, apart from what training changed", () => {
    const [training, elsewhere] = ["Paired differences", "Paired differences to models from elsewhere"].map(
      (caption) => page.split(`<caption>${caption}</caption>`)[1]?.split("</table>")[0] ?? "",
    );
    const against = '<span class="muted">against</span> theirs</th>';
    expect(training?.match(/<tr>/g)).toHaveLength(1 + 2 * 2);
    expect(training).not.toContain(against);
    expect(elsewhere?.split(against)).toHaveLength(1 + 2);
    const matrix = page.split("<caption>Against models from elsewhere</caption>")[1]?.split("</table>")[0];
    expect(matrix).toContain(
      'GRPO (best of 3, from the best of 5) <span class="muted">against</span> theirs, Phantom NIH',
    );
  });

  it("is the same bytes for the same input", async () => {
    expect(await renderReport(input)).toBe(page);
  });

  it("asks for nothing outside itself and holds no script", () => {
    expect(page).not.toMatch(/<(?:script|link|iframe|object|embed|form|base)\b/i);
    for (const [, value = ""] of page.matchAll(/\b(?:src|href|action|data|poster|srcset)="([^"]*)"/g)) {
      expect(value).toMatch(/^(?:#|data:image\/jpeg;base64,)/);
    }
    expect(page).not.toMatch(/url\(|@import/);
  });

  it("names its style sheet by hash in its policy, and needs no other style", () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(escapeText(`style-src 'sha256-${hash}'`));
    expect(page).toContain(escapeText("default-src 'none'"));
    expect(page).not.toMatch(/\sstyle="/);
  });

  // test/report tries 500 of them, one by one, with a real parser.
  it("makes no tag or attribute of a hostile text", async () => {
    const text = HOSTILE.join(" ");
    const known = new Set(tags(page));
    const attacked = await renderReport(hostile(input, text));
    expect(tags(attacked).filter((tag) => !known.has(tag))).toEqual([]);
    const names = [...attacked.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, value = ""]) => value);
    expect(names.filter((value) => !/^(?:#[a-z]+|data:image\/jpeg;base64,[\w+/=]+)$/.test(value))).toEqual(
      [],
    );
  });

  it("refuses a picture that is not one", async () => {
    const [sample] = input.samples;
    if (sample === undefined) throw new Error("no sample");
    const bad = { ...input, samples: [{ ...sample, picture: "https://example.org/x.jpg" }] };
    await expect(renderReport(bad)).rejects.toThrow("not a JPEG or PNG");
  });

  it("cuts long answers, saying so, and shows a limited number of readings", async () => {
    const [sample] = input.samples;
    const [answer] = sample?.answers ?? [];
    if (sample === undefined || answer === undefined) throw new Error("no sample");
    const long = { ...sample, picture: null, answers: [{ ...answer, text: "x".repeat(ANSWER_LIMIT + 12) }] };
    const many = await renderReport({
      ...input,
      samples: Array.from({ length: SAMPLE_LIMIT + 5 }, () => long),
    });
    expect(many.split('<article class="reading">')).toHaveLength(SAMPLE_LIMIT + 1);
    expect(many).toContain("(12 more characters)");
    expect(many).not.toContain("x".repeat(ANSWER_LIMIT + 1));
  });

  it("does without what a study lacks", async () => {
    const bare: ReportInput = {
      ...input,
      sft: null,
      grpo: null,
      comparisons: [],
      samples: [],
      cohorts: [],
      scaled: [],
      notVerified: [],
      stages: [],
      evaluations: input.evaluations.map((evaluation) => ({ ...evaluation, failures: [] })),
    };
    const small = await renderReport(bare);
    expect(small).toContain("Every answer could be read.");
    expect(small).not.toContain('id="training"');
    tags(small);
  });

  it("draws curves of one step, of values that are not finite, and of none", async () => {
    const [point] = input.grpo ?? [];
    if (point === undefined) throw new Error("no point");
    const odd = await renderReport({
      ...input,
      sft: { training: [], validation: [{ step: 0, loss: Number.NaN, tokenAccuracy: 0 }], bestStep: 0 },
      grpo: [{ ...point, kl: Number.POSITIVE_INFINITY }],
    });
    expect(/.{0,40}\b(?:NaN|Infinity)\b/.exec(odd)?.[0]).toBeUndefined();
  });
});
