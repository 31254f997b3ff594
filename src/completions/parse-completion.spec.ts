import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLabel, LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { formatCompletion } from "./format-completion.ts";
import { type ParseSettings, parseCompletion } from "./parse-completion.ts";
import { FAILURE_REASONS, type ParsedCompletion } from "./parsed-completion.ts";

const strict: ParseSettings = { finish: "stop", mode: "strict" };
const lenient: ParseSettings = { finish: "stop", mode: "lenient" };
const reasonOf = (text: string, settings: ParseSettings) => {
  const parsed = parseCompletion(text, settings);
  return parsed.outcome === "failed" ? parsed.reason : parsed.outcome;
};
const labelsOf = (text: string, settings: ParseSettings) => {
  const parsed = parseCompletion(text, settings);
  return parsed.outcome === "labels" ? parsed.labels : parsed.reason;
};

describe("parseCompletion, strict", () => {
  it("reads what the contract writes", () => {
    expect(
      parseCompletion("<think>Large heart.</think><solution>Cardiomegaly, Edema</solution>", strict),
    ).toEqual({
      outcome: "labels",
      labels: ["Cardiomegaly", "Edema"],
      think: "Large heart.",
      unknown: [],
      duplicates: [],
      outside: 0,
    });
  });

  it("allows blanks around and between the blocks", () => {
    expect(labelsOf("\n<think></think>\n\n<solution> Edema ,Fracture\n</solution> ", strict)).toEqual([
      "Edema",
      "Fracture",
    ]);
  });

  it.each([
    ["", "no solution block"],
    ["Edema", "no solution block"],
    ["<think>a</think>", "no solution block"],
    ["<solution>Edema</solution>", "no think block"],
    ["<think>a</think><solution>Edema", "unclosed block"],
    ["<think>a<solution>Edema</solution>", "unclosed block"],
    ["<solution>Edema</solution><think>a</think>", "blocks out of order"],
    ["<think>a<solution>Edema</think></solution>", "blocks out of order"],
    ["<think>a</think></solution>Edema<solution>", "blocks out of order"],
    ["</think>a<think><solution>Edema</solution>", "blocks out of order"],
    ["<think>a</think><solution>Edema</solution><solution>Edema</solution>", "two blocks"],
    ["<think>a</think><think>b</think><solution>Edema</solution>", "two blocks"],
    ["<think>so <solution>Edema</solution></think><solution>Edema</solution>", "two blocks"],
    ["<think>a</think><solution>Edema</solution></solution>", "two blocks"],
    ["<think>a</think><solution><solution>Edema</solution>", "two blocks"],
    ["<think>a</think></think><solution>Edema</solution>", "two blocks"],
    ["Sure. <think>a</think><solution>Edema</solution>", "text outside blocks"],
    ["<think>a</think> so <solution>Edema</solution>", "text outside blocks"],
    ["<think>a</think><solution>Edema</solution>.", "text outside blocks"],
    ["<think>a</think><solution></solution>", "empty solution"],
    ["<think>a</think><solution> , ,\n</solution>", "empty solution"],
    ["<think>a</think><solution>no pneumothorax</solution>", "no known label"],
    ["<think>a</think><solution>edema</solution>", "no known label"],
    ["<THINK>a</THINK><SOLUTION>Edema</SOLUTION>", "no solution block"],
    ['{"analysis": "a", "conclusion": "Edema"}', "no solution block"],
  ])("%j: %s", (text, reason) => {
    expect(reasonOf(text, strict)).toBe(reason);
  });

  it.each([
    ["", "cut off"],
    ["<think>The heart", "cut off"],
    ["<think>a</think><solution>Edema, Pneumo", "cut off"],
    ["<think>a</think><solution>Edema</solut", "cut off"],
    ["<think>a</think><solution>Edema</solution>", "labels"],
    ["<think>a</think><solution>Edema</solution> and so", "text outside blocks"],
    ["<think>a</think><think>b", "two blocks"],
  ])("at the token limit, %j: %s", (text, reason) => {
    expect(reasonOf(text, { ...strict, finish: "length" })).toBe(reason);
  });

  it("lists unknown and repeated labels and keeps the known ones", () => {
    const text =
      "<think>a</think><solution>Edema, no pneumothorax, Edema, Pneumonia, Edema, Effusion</solution>";
    expect(parseCompletion(text, strict)).toMatchObject({
      labels: ["Edema", "Pneumonia"],
      unknown: ["no pneumothorax", "Effusion"],
      duplicates: ["Edema", "Edema"],
    });
  });

  it("holds a label-only answer to its own contract", () => {
    const settings: ParseSettings = { ...strict, answer: "label-only" };
    expect(parseCompletion("<solution>Edema</solution>", settings)).toMatchObject({
      labels: ["Edema"],
      think: null,
    });
    expect(reasonOf("<think></think><solution>Edema</solution>", settings)).toBe("text outside blocks");
  });
});

describe("parseCompletion, lenient", () => {
  it.each([
    ["<solution>edema.</solution>"],
    ["Findings: hazy vessels.\n<Solution>\n- **Edema**\n</Solution>\nThank you."],
    ["<think>a</think><solution>1. EDEMA</solution>"],
    ['<think>a</think><solution>["Edema"]</solution>'],
    ["</think><solution>Edema</solution>"],
    ['{"analysis": "hazy vessels", "conclusion": "Edema"}'],
    ['{"analysis": "In conclusion: fluid", "conclusion": ["Edema"]}'],
    ["{analysis: hazy vessels, septal lines, conclusion: Edema}"],
    ["{conclusion: 'Edema', analysis: 'hazy'}"],
    ['Here it is:\n```json\n{\n  "analysis": "hazy"\n  "conclusion": "Edema",\n}\n```'],
  ])("reads Edema from %j", (text) => {
    expect(labelsOf(text, lenient)).toEqual(["Edema"]);
  });

  it.each([
    ["The diagnosis is Edema.", "no solution block"],
    ["<solution>Edema</solution><solution>Edema</solution>", "two blocks"],
    ['{"conclusion": "Edema", "conclusion": "Fracture"}', "two blocks"],
    ["<solution>no pneumothorax; without edema</solution>", "no known label"],
    ["<solution>Pleural_Effusions</solution>", "no known label"],
    ["<solution>-\n*\n</solution>", "empty solution"],
    ["<solution>Edema", "unclosed block"],
    ["</solution>Edema<solution>", "blocks out of order"],
    ["{analysis: a, conclusion: Edema} <solution>Fracture", "unclosed block"],
    ['{"result": {"conclusion": "Edema"}, "conclusions": 3}', "labels"],
    ["{conclusion}", "no solution block"],
    ["{}", "no solution block"],
  ])("%j: %s", (text, reason) => {
    expect(reasonOf(text, lenient)).toBe(reason);
  });

  it("counts what stands outside, and merges repetitions across spellings", () => {
    expect(
      parseCompletion("So: <think>a</think> x <solution>Edema\nedema; Pleural  effusion</solution>", lenient),
    ).toEqual({
      outcome: "labels",
      labels: ["Edema", "Pleural Effusion"],
      think: "a",
      unknown: [],
      duplicates: ["Edema"],
      outside: 4,
    });
  });

  it("keeps the reasoning of the second dialect, and takes a code fence for no text", () => {
    const fenced = '```json\n{"analysis": "hazy", "conclusion": "Edema"}\n```';
    expect(parseCompletion(fenced, lenient)).toMatchObject({ think: "hazy", outside: 0 });
    expect(parseCompletion(`Yes: ${fenced}`, lenient)).toMatchObject({ think: "hazy", outside: 4 });
    expect(parseCompletion("{analysis: 'hazy, both sides', conclusion: Edema}", lenient)).toMatchObject({
      think: "hazy, both sides",
      outside: 0,
    });
  });
});

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

function checkTotal(text: string, parsed: ParsedCompletion, settings: ParseSettings): void {
  if (parsed.outcome === "failed") {
    if (!FAILURE_REASONS.includes(parsed.reason))
      throw new Error(`unnamed reason for ${JSON.stringify(text)}`);
    if (parsed.reason === "cut off" && settings.finish !== "length")
      throw new Error("cut off without a limit");
    return;
  }
  const { labels, outside } = parsed;
  const sound =
    labels.length > 0 &&
    labels.every(
      (label, i) =>
        isLabel(label) && (i === 0 || LABELS.indexOf(label) > LABELS.indexOf(labels[i - 1] ?? label)),
    ) &&
    // Whole labels only: each one is spelled out somewhere in the text.
    labels.every((label) => text.toLowerCase().replace(/\s+/g, " ").includes(label.toLowerCase())) &&
    (settings.mode === "lenient" || outside === 0);
  if (!sound) throw new Error(`unsound reading of ${JSON.stringify(text)}: ${JSON.stringify(parsed)}`);
}

const ALL_SETTINGS: ParseSettings[] = (["stop", "length"] as const).flatMap((finish) =>
  (["strict", "lenient"] as const).flatMap((mode) =>
    (["reasoned", "label-only"] as const).map((answer) => ({ finish, mode, answer })),
  ),
);

describe("parseCompletion on any input", () => {
  it("answers 120,000 random and adversarial strings", () => {
    const stream = randomStream(1, "parse-completion.spec");
    const reasons = new Set<string>();
    for (let n = 0; n < 120_000; n++) {
      let text = "";
      for (let k = stream.integer(16); k >= 0; k--) text += stream.pick(PIECES);
      const settings = ALL_SETTINGS[n % ALL_SETTINGS.length] ?? strict;
      const parsed = parseCompletion(text, settings);
      checkTotal(text, parsed, settings);
      reasons.add(parsed.outcome === "failed" ? parsed.reason : "labels");
    }
    // The soup reaches every reason, so that none is checked in name only.
    expect([...reasons].sort()).toEqual(["labels", ...FAILURE_REASONS].sort());
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
      { numRuns: 3000, seed: 7 },
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

  // A quadratic step on these would run for hours: the test's time limit is the check.
  it.each([
    ["open tags", "<think>"],
    ["half tags", "<think"],
    ["angles", "<"],
    ["blanks", " \n"],
    ["commas", "a,"],
    ["braces", "{"],
    ["keys", "{conclusion "],
    ["keys with colons", "\n conclusion:"],
    ["brackets inside", "{conclusion:[["],
    ["dots", ". "],
  ])("is linear on 100,000 repetitions of %s", (_name, piece) => {
    const run = piece.repeat(100_000);
    for (const text of [
      run,
      `<solution>${run}x</solution>`,
      `<think>${run}</think><solution>${run}`,
      `${run}}`,
    ]) {
      for (const settings of [strict, lenient]) expect(parseCompletion(text, settings).outcome).toBeDefined();
    }
  });
});

describe("formatCompletion", () => {
  it("is read back by parseCompletion as it was, in every contract", () => {
    const think = fc
      .oneof(fc.constant(null), fc.string({ unit: "binary" }))
      .filter((t) => t === null || !/<\/?(think|solution)>/i.test(t));
    fc.assert(
      fc.property(think, fc.subarray([...LABELS], { minLength: 1 }), (text, labels) => {
        const completion = formatCompletion({ think: text, labels });
        const answer = text === null ? ("label-only" as const) : ("reasoned" as const);
        for (const mode of ["strict", "lenient"] as const) {
          expect(parseCompletion(completion, { finish: "stop", mode, answer })).toEqual({
            outcome: "labels",
            labels,
            think: text,
            unknown: [],
            duplicates: [],
            outside: 0,
          });
        }
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("writes labels in canonical order and refuses what cannot be carried", () => {
    expect(formatCompletion({ think: "a", labels: ["Fracture", "No Finding"] })).toBe(
      "<think>a</think><solution>No Finding, Fracture</solution>",
    );
    expect(() => formatCompletion({ think: "a", labels: [] })).toThrow("without a label");
    expect(() => formatCompletion({ think: "a </think> b", labels: ["Edema"] })).toThrow("holds a tag");
  });
});
