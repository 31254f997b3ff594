import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { formatCompletion } from "./format-completion.ts";
import { type ParseSettings, parseCompletion } from "./parse-completion.ts";
import { FAILURE_REASONS, type ParsedCompletion } from "./parsed-completion.ts";
import { countSteps } from "./testing/count-steps.ts";

// Pieces that meet badly: tags whole and cut, labels and near-labels, JSON, braces, blanks, Unicode.
const PIECES = [
  ..."<think> </think> <solution> </solution> <Think> <think <solution </solut > < / { } [ ] , ; : \" ' ` . -".split(
    " ",
  ),
  ...LABELS,
  "no pneumothorax",
  "conclusion",
  "analysis",
  '"conclusion":',
  "{analysis:",
  "```json",
  "\n",
  " ",
  "\t",
  "\\",
  "İ",
  "\u{1F9E0}",
  "\uD800",
  "\u0000",
  "\u2028",
  "a",
];

const LOWER_LABELS = LABELS.map((label) => label.toLowerCase());

/** Throws unless the answer is one of the named outcomes and true of the text. */
function checkTotal(text: string, parsed: ParsedCompletion, settings: ParseSettings): void {
  const fault = faultOf(text, parsed, settings);
  if (fault !== null) throw new Error(`${fault}: ${JSON.stringify(text)} gave ${JSON.stringify(parsed)}`);
}

function faultOf(text: string, parsed: ParsedCompletion, settings: ParseSettings): string | null {
  if (parsed.outcome === "failed") {
    if (!FAILURE_REASONS.includes(parsed.reason)) return "unnamed reason";
    return parsed.reason === "cut off" && settings.finish !== "length" ? "cut off without a limit" : null;
  }
  if (parsed.labels.length === 0) return "no label";
  if (settings.mode === "strict" && parsed.outside !== 0) return "text outside, strictly";
  const spelled = text.toLowerCase().replace(/\s+/g, " ");
  let last = -1;
  for (const label of parsed.labels) {
    const index = LABELS.indexOf(label);
    if (index <= last) return "not in canonical order, each once";
    last = index;
    // Whole labels only: each one is spelled out somewhere in the text.
    if (!spelled.includes(LOWER_LABELS[index] ?? "?")) return `${label} is not in the text`;
  }
  return null;
}

const ALL_SETTINGS: ParseSettings[] = (["stop", "length"] as const).flatMap((finish) =>
  (["strict", "lenient"] as const).flatMap((mode) =>
    (["reasoned", "label-only"] as const).map((answer) => ({ finish, mode, answer })),
  ),
);
const settingsOf = (n: number): ParseSettings => ALL_SETTINGS[n % ALL_SETTINGS.length] as ParseSettings;

/** Whole answers of every contract and dialect, some with faults in them. */
const ANSWERS = [
  formatCompletion({ think: "The heart is large, the lungs are clear.", labels: ["Cardiomegaly"] }),
  formatCompletion({ think: "1. Quality: fair.\n2. Devices: none.", labels: ["Edema", "Pleural Effusion"] }),
  formatCompletion({ think: null, labels: [...LABELS] }),
  '{"analysis": "hazy vessels", "conclusion": ["Edema", "no pneumothorax"]}',
  "```json\n{analysis: hazy, conclusion: Edema, Edema}\n```",
  "So: <think>a</think> <solution>- edema.\n- Fracture;</solution> and so on",
];

describe("parseCompletion on a million strings", () => {
  it("answers 600,000 mixtures of tags, labels and blanks, and meets every reason on the way", () => {
    const stream = randomStream(1, "mixtures");
    const reasons = new Set<string>();
    for (let n = 0; n < 600_000; n++) {
      let text = "";
      for (let k = stream.integer(14); k >= 0; k--) text += stream.pick(PIECES);
      const settings = settingsOf(n);
      const parsed = parseCompletion(text, settings);
      checkTotal(text, parsed, settings);
      reasons.add(parsed.outcome === "failed" ? parsed.reason : "labels");
    }
    // So that none is checked in name only.
    expect([...reasons].sort()).toEqual(["labels", ...FAILURE_REASONS].sort());
  });

  it("answers 250,000 answers cut short, with characters changed or doubled", () => {
    const stream = randomStream(2, "truncated");
    for (let n = 0; n < 250_000; n++) {
      const whole = stream.pick(ANSWERS);
      const end = stream.integer(whole.length + 1);
      const at = stream.integer(whole.length);
      const text =
        n % 3 === 0
          ? whole.slice(0, end)
          : n % 3 === 1
            ? whole.slice(0, at) + stream.pick(PIECES) + whole.slice(at + 1)
            : whole.slice(at) + whole.slice(0, end);
      const settings = settingsOf(n);
      checkTotal(text, parseCompletion(text, settings), settings);
    }
  });

  it("answers 150,000 strings of random code units, lone surrogates among them", () => {
    const stream = randomStream(3, "code units");
    for (let n = 0; n < 150_000; n++) {
      const below = n % 2 === 0 ? 0x80 : 0x1_0000;
      const units = [0, 0, 0, 0, 0, 0].map(() => stream.integer(below));
      const noise = String.fromCharCode(...units);
      const text = n % 4 < 2 ? noise : `<think>${noise}</think><solution>${noise},Edema</solution>`;
      const settings = settingsOf(n >> 2);
      checkTotal(text, parseCompletion(text, settings), settings);
    }
  });

  it("answers every string of fast-check", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...PIECES)).map((p) => p.join("")),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...ALL_SETTINGS), (value, settings) =>
        checkTotal(value, parseCompletion(value, settings), settings),
      ),
      { numRuns: 1000, seed: 7 },
    );
  });

  it("never reads labels from a cut answer, strictly, and says cut off", () => {
    const stream = randomStream(2, "truncated");
    for (let n = 0; n < 200; n++) {
      const labels = stream.shuffle(LABELS).slice(0, 1 + stream.integer(5));
      const whole = formatCompletion({ think: "The heart is large, the lungs are clear.", labels });
      for (let end = 0; end < whole.length; end++) {
        const parsed = parseCompletion(whole.slice(0, end), { finish: "length", mode: "strict" });
        if (parsed.outcome !== "failed" || parsed.reason !== "cut off") {
          throw new Error(`${whole.slice(0, end)}: ${JSON.stringify(parsed)}`);
        }
      }
    }
  });
});

describe("the work of parseCompletion", () => {
  const REPEATED = [
    ["open tags", "<think>"],
    ["closed tags", "</solution>"],
    ["half tags", "<think"],
    ["angles", "<"],
    ["blanks", " \n"],
    ["commas", "a,"],
    ["bullets", "- * "],
    ["braces", "{"],
    ["keys", "{conclusion "],
    ["keys with colons", "\n conclusion:"],
    ["keys far from their colons", "\nanalysis        "],
    ["brackets inside", "{conclusion:[["],
    ["quotes", '"\\"'],
    ["fences", "```json"],
    ["dots", ". "],
  ] as const;
  const shapes = (run: string) => [
    run,
    `<solution>${run}x</solution>`,
    `<think>${run}</think><solution>${run}`,
    `${run}}`,
    `{"analysis": "${run}", conclusion: ${run}}`,
    `{"conclusion": [${JSON.stringify(run)}]}`,
  ];
  const steps = (text: string, mode: ParseSettings["mode"]) =>
    countSteps(() => parseCompletion(text, { finish: "stop", mode }));

  it.each(REPEATED)("doubles at most, with twice as many %s", (_name, piece) => {
    const once = shapes(piece.repeat(2_000));
    const twice = shapes(piece.repeat(4_000));
    for (const mode of ["strict", "lenient"] as const) {
      for (const [index, text] of once.entries()) {
        const work = steps(text, mode);
        expect(work).toBeGreaterThanOrEqual(text.length);
        expect(steps(twice[index] ?? "", mode)).toBeLessThanOrEqual(2.05 * work);
      }
    }
  });

  it("is counted: a quadratic reading shows as one", () => {
    const quadratic = (text: string) => {
      let rest = text;
      while (rest.length > 0) rest = rest.slice(1).trim();
    };
    const work = (n: number) => countSteps(() => quadratic("a".repeat(n)));
    expect(work(400) / work(200)).toBeGreaterThan(3.9);
    const searches = (n: number) =>
      countSteps(() => "ab".repeat(n).replace(/b/g, "") && /c/.test("a".repeat(n)));
    expect(searches(400) / searches(200)).toBeLessThan(2.01);
  });
});
