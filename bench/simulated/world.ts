import type { Reading, ReadingSet } from "../../src/evaluation/reading.ts";
import { LABELS, type Label } from "../../src/labels/label.ts";
import type { RandomStream } from "../../src/util/random.ts";

/**
 * A hospital and its readers as chances, so that the true value of every score is known. Shaped after CheXpert's test
 * set: as many positives of each label among 500 patients, 518 images, a reader about as good as a radiologist there.
 */
interface Rate {
  /** Expected among 500 images. */
  readonly positives: number;
  readonly sensitivity: number;
  readonly specificity: number;
}

const rate = (positives: number, sensitivity: number, specificity: number): Rate => ({
  positives,
  sensitivity,
  specificity,
});

const RATES: Readonly<Record<Label, Rate>> = {
  "No Finding": rate(62, 0.4, 0.99),
  "Enlarged Cardiomediastinum": rate(253, 0.65, 0.95),
  Cardiomegaly: rate(151, 0.5, 0.95),
  "Lung Opacity": rate(264, 0.8, 0.9),
  "Lung Lesion": rate(8, 0.4, 0.99),
  Edema: rate(78, 0.65, 0.9),
  Consolidation: rate(29, 0.65, 0.9),
  Pneumonia: rate(11, 0.3, 0.96),
  Atelectasis: rate(153, 0.8, 0.8),
  Pneumothorax: rate(9, 0.8, 0.99),
  "Pleural Effusion": rate(104, 0.8, 0.95),
  "Pleural Other": rate(4, 0.75, 0.98),
  Fracture: rate(5, 0.2, 0.98),
  "Support Devices": rate(261, 0.95, 0.85),
};

export const PATIENTS = 500;
/** Chance that a patient has a second image, which repeats each label's truth and answers with chance 1/2. */
const SECOND_IMAGE = 0.036;
const REPEATS = 0.5;
/** Patients are healthy or ill, which makes labels go together. */
const SEVERITIES = [0.6, 1.4];
/** Chance that a reader says of a label what the first one says, where they lean on it. */
const AGREES = 0.6;

/** A reader by the chances of naming a label that is there, and one that is not. */
export interface Reader {
  readonly name: string;
  hit(label: Label): number;
  alarm(label: Label): number;
}

/** The radiologist-like reader, its sensitivity moved by `shift`. */
export function readerOf(name: string, shift = 0): Reader {
  return {
    name,
    hit: (label) => Math.min(1, Math.max(0, RATES[label].sensitivity + shift)),
    alarm: (label) => 1 - RATES[label].specificity,
  };
}

/** What a reader who leans on the first is like by itself. */
export function marginal(first: Reader, second: Reader): Reader {
  const mix = (one: number, other: number) => AGREES * one + (1 - AGREES) * other;
  return {
    name: second.name,
    hit: (label) => mix(first.hit(label), second.hit(label)),
    alarm: (label) => mix(first.alarm(label), second.alarm(label)),
  };
}

/** Shares of all images, of one label. */
export function trueShares(reader: Reader, label: Label) {
  const prevalence = RATES[label].positives / PATIENTS;
  return {
    truePositive: prevalence * reader.hit(label),
    falsePositive: (1 - prevalence) * reader.alarm(label),
    falseNegative: prevalence * (1 - reader.hit(label)),
  };
}

export function expectedPositives(label: Label): number {
  return RATES[label].positives;
}

interface Picture {
  readonly truth: ReadonlySet<Label>;
  readonly answers: readonly ReadonlySet<Label>[];
}

/** The same patients read by one reader or several; the others err by themselves, or lean on the first. */
export function drawReadings(
  random: RandomStream,
  readers: readonly Reader[],
  others: "lean" | "err alone" = "lean",
): ReadingSet[] {
  const agrees = others === "lean" ? AGREES : 0;
  const readings: Reading[][] = readers.map(() => []);
  for (let patient = 0; patient < PATIENTS; patient++) {
    const severity = random.pick(SEVERITIES);
    const first = drawPicture(random, readers, severity, agrees);
    const pictures = random.chance(SECOND_IMAGE)
      ? [first, repeated(random, first, drawPicture(random, readers, severity, agrees))]
      : [first];
    for (const [number, { truth, answers }] of pictures.entries()) {
      answers.forEach((said, index) => {
        readings[index]?.push({
          id: `${patient}/${number}`,
          patient: `${patient}`,
          truth: [...truth],
          predicted: [...said],
          failure: null,
        });
      });
    }
  }
  return readers.map(({ name }, index) => ({
    model: name,
    data: "drawn",
    stated: LABELS,
    readings: readings[index] ?? [],
  }));
}

function drawPicture(
  random: RandomStream,
  readers: readonly Reader[],
  severity: number,
  agrees: number,
): Picture {
  const truth = new Set(
    LABELS.filter((label) => random.chance((severity * RATES[label].positives) / PATIENTS)),
  );
  const answers: Set<Label>[] = [];
  for (const reader of readers) {
    const [leader] = answers;
    answers.push(
      new Set(
        LABELS.filter((label) =>
          leader !== undefined && random.chance(agrees)
            ? leader.has(label)
            : random.chance(truth.has(label) ? reader.hit(label) : reader.alarm(label)),
        ),
      ),
    );
  }
  return { truth, answers };
}

/** A second image: label by label as the first, or as drawn anew. */
function repeated(random: RandomStream, first: Picture, anew: Picture): Picture {
  const kept = new Set(LABELS.filter(() => random.chance(REPEATS)));
  const mix = (one: ReadonlySet<Label>, other: ReadonlySet<Label>) =>
    new Set(LABELS.filter((label) => (kept.has(label) ? one : other).has(label)));
  return {
    truth: mix(first.truth, anew.truth),
    answers: first.answers.map((said, index) => mix(said, anew.answers[index] ?? said)),
  };
}
