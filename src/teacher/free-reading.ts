import type { View } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { RandomStream } from "../util/random.ts";
import {
  FINDING_NOUNS,
  FINDING_SENTENCES,
  type Finding,
  NO_FINDING_SENTENCES,
  NORMAL_SENTENCES,
  REGIONS,
  type Region,
} from "./finding-phrases.ts";

/**
 * Length of a concise reading in words. With punctuation that is 40 to 60 tokens of a small word-level vocabulary,
 * which keeps a study on two cores quick.
 */
export const FREE_READING_WORDS = { least: 35, most: 50 } as const;

/** Draws before the closest reading is taken: label sets at the edges of the range seldom hit it at once. */
const MAX_DRAWS = 200;

/** From this many findings in one region on, they are listed in one sentence. */
const LIST_FROM = 3;

/** How a reading opens, by the view that the hospital's table states. */
export const OPENINGS: Readonly<Record<View, readonly string[]>> = {
  AP: ["AP view of the chest.", "This is an AP chest radiograph.", "AP chest film."],
  PA: ["PA view of the chest.", "This is a PA chest radiograph.", "PA chest film."],
  frontal: ["Frontal view of the chest.", "This is a frontal chest radiograph.", "Frontal chest film."],
  lateral: ["Lateral view of the chest.", "Lateral chest film."],
  unknown: ["View of the chest.", "This is a chest radiograph.", "Chest film."],
};

/** Openings of the sentence that lists many findings of one region. */
export const LIST_OPENINGS: Readonly<Record<"lungs" | "pleura", readonly string[]>> = {
  lungs: ["The lungs show", "In the lungs there is"],
  pleura: ["The pleura shows", "In the pleural space there is"],
};

/**
 * The labels put into words, as a concise reading: every region is judged, in reading order, and the labels follow
 * from the text. Deterministic in the stream.
 */
export function freeReading(labels: readonly Label[], view: View, stream: RandomStream): string {
  let best = "";
  let bestMiss = Number.POSITIVE_INFINITY;
  for (let draw = 0; draw < MAX_DRAWS && bestMiss > 0; draw++) {
    const text = drawReading(labels, view, stream);
    const words = countWords(text);
    const miss = Math.max(FREE_READING_WORDS.least - words, words - FREE_READING_WORDS.most, 0);
    if (miss < bestMiss) [best, bestMiss] = [text, miss];
  }
  return best;
}

function drawReading(labels: readonly Label[], view: View, stream: RandomStream): string {
  const sentences = [stream.pick(OPENINGS[view])];
  for (const region of Object.keys(REGIONS) as Region[])
    sentences.push(...regionSentences(region, labels, stream));
  if (labels.includes("No Finding")) sentences.push(stream.pick(NO_FINDING_SENTENCES));
  return sentences.join(" ");
}

/** The findings of a region that a label set holds, in canonical order of the region. */
export function findingsOf(region: Region, labels: readonly Label[]): Finding[] {
  return REGIONS[region].filter((finding) => labels.includes(finding));
}

/** What is said of one region: a sentence a finding, one list when they are many, or one normal sentence. */
export function regionSentences(region: Region, labels: readonly Label[], stream: RandomStream): string[] {
  const findings = findingsOf(region, labels);
  if (findings.length === 0) return [stream.pick(NORMAL_SENTENCES[region])];
  if (findings.length >= LIST_FROM && (region === "lungs" || region === "pleura")) {
    const nouns = findings.map((finding) => stream.pick(FINDING_NOUNS[finding]));
    return [`${stream.pick(LIST_OPENINGS[region])} ${joinNouns(nouns)}.`];
  }
  return findings.map((finding) => stream.pick(FINDING_SENTENCES[finding]));
}

/** "a", "a and b", "a, b and c". */
export function joinNouns(nouns: readonly string[]): string {
  return nouns.length < 2 ? nouns.join("") : `${nouns.slice(0, -1).join(", ")} and ${nouns.at(-1)}`;
}

/** Words of a text, split at blanks. */
export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}
