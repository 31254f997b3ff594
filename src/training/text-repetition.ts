/** Words of a run that counts as repeated. */
const RUN = 4;
/** Texts with fewer runs than this say too little to repeat themselves. */
const FEWEST_RUNS = 12;
/** Distinct runs over all runs, below which a text goes round in circles. */
const DISTINCT = 0.5;

/** Whether a text repeats itself: fewer than half of its runs of four words are distinct. */
export function isLooping(text: string): boolean {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const runs = words
    .slice(0, Math.max(0, words.length - RUN + 1))
    .map((_, i) => words.slice(i, i + RUN).join(" "));
  return runs.length >= FEWEST_RUNS && new Set(runs).size / runs.length < DISTINCT;
}

/**
 * The share of completions whose text is, to the letter, that of a completion for another image. Completions of one
 * image may agree; those of different images should not.
 * @param groups texts by image, (images, completions)
 */
export function sameTextShare(groups: readonly (readonly string[])[]): number {
  const images = new Map<string, Set<number>>();
  for (const [image, texts] of groups.entries())
    for (const text of texts) images.set(text, (images.get(text) ?? new Set()).add(image));
  const texts = groups.flat();
  const same = texts.filter((text) => (images.get(text)?.size ?? 0) > 1).length;
  return texts.length === 0 ? 0 : same / texts.length;
}
