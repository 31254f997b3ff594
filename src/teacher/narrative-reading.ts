import type { View } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { RandomStream } from "../util/random.ts";
import { FINDING_NOUNS, NO_FINDING_SENTENCES, REGIONS, type Region } from "./finding-phrases.ts";
import { findingsOf, joinNouns, OPENINGS, regionSentences } from "./free-reading.ts";

/** How the narrative turns to a region. */
export const TRANSITIONS: Readonly<Record<Region, readonly string[]>> = {
  heart: ["I begin with the heart.", "First, the heart and its borders."],
  mediastinum: ["Next, the mediastinum.", "Moving to the mediastinum."],
  lungs: ["Turning to the lungs.", "Now the lungs, side by side."],
  pleura: ["Along the pleura and the angles.", "At the pleura."],
  bones: ["The skeleton follows.", "As for the bones."],
  devices: ["Finally, devices.", "Last, lines and hardware."],
};

/** How the narrative weighs its evidence. */
export const CONCLUSION_OPENINGS: readonly string[] = [
  "Taken together, the evidence is for",
  "Weighing this, I conclude on",
  "In sum, the image supports",
];

/** The labels put into words as a free-form narrative that gathers its evidence into a conclusion. */
export function narrativeReading(labels: readonly Label[], view: View, stream: RandomStream): string {
  const sentences = [stream.pick(OPENINGS[view])];
  const nouns: string[] = [];
  for (const region of Object.keys(REGIONS) as Region[]) {
    sentences.push(stream.pick(TRANSITIONS[region]), ...regionSentences(region, labels, stream));
    for (const finding of findingsOf(region, labels)) nouns.push(stream.pick(FINDING_NOUNS[finding]));
  }
  if (nouns.length > 0) sentences.push(`${stream.pick(CONCLUSION_OPENINGS)} ${joinNouns(nouns)}.`);
  if (labels.includes("No Finding")) sentences.push(stream.pick(NO_FINDING_SENTENCES));
  return sentences.join(" ");
}
