/** A turn of phrase by which a teacher gives away that it was handed the answer, and the name it is reported under. */
interface Giveaway {
  readonly name: string;
  readonly pattern: RegExp;
}

const HANDED = "given|provided|supplied|listed|stated|specified";
const TRUTH = "labels?|annotations?|ground[- ]?truths?";
const FINDINGS = "findings?|abnormalit(?:y|ies)|conditions?|patholog(?:y|ies)|diagnos[ei]s|answers?";
const FILLER = String.raw`(?:[\w-]+ ){0,2}`;

const rule = (name: string, pattern: string): Giveaway => ({ name, pattern: new RegExp(pattern, "i") });

/**
 * The rules, in the order they are tried. "Given" and "provided" are flagged only beside labels, findings or an answer:
 * "a given lobe", "given the blunted angle" and "the provided radiograph" are a reader's own words.
 */
const GIVEAWAYS: readonly Giveaway[] = [
  rule("ground truth", String.raw`\bground[- ]?truths?\b`),
  rule(
    "given labels",
    String.raw`\b(?:${HANDED}|reference|known|true|assigned|expected|target|required) (?:\w+ )?(?:${TRUTH}|diagnos[ei]s)\b`,
  ),
  rule(
    "given findings",
    String.raw`\b(?:the|these|those|all|both|your|its) (?:${HANDED}) ${FILLER}(?:${FINDINGS}|information)\b`,
  ),
  rule(
    "labels say",
    String.raw`\b(?:labels?|annotations?) (?:\w+ )?(?:${HANDED}|states?|says?|indicates?|tells?|shows?)\b`,
  ),
  rule(
    "findings were given",
    String.raw`\b(?:${TRUTH}|${FINDINGS}) (?:that |which )?(?:was|were|is|are|has been|have been|i was|i am|we were) (?:already )?(?:given|provided|supplied)\b`,
  ),
  rule(
    "according to labels",
    String.raw`\b(?:according to|based on|consistent with|in line with|as per|per|matching|match(?:es)?|confirmed by|supported by) (?:the|these|those|its|my|your) (?:\w+ )?(?:labels?|annotations?)\b`,
  ),
  rule("as labelled", String.raw`\bas (?:labell?ed|annotated)\b`),
  rule(
    "as stated",
    String.raw`\bas (?:(?:is|was|were|are) )?(?:${HANDED}|indicated|noted|described|instructed) (?:in|by) (?:the|these|your|my) (?:\w+ )?(?:labels?|prompt|instructions?|question|task|list|case data|metadata)\b`,
  ),
  rule(
    "was told",
    String.raw`\b(?:i was|i am|i have been|i've been|we were) (?:told|given|informed|instructed|provided)\b`,
  ),
  rule(
    "feigned ignorance",
    String.raw`\b(?:as if|pretend(?:ing)? that|pretend(?:ing)?) (?:i|we) (?:did not|didn't|do not|don't) know\b`,
  ),
];

/** The first giveaway in a text: the rule's name and the words it caught. Null: none of the rules' phrases stands in it. */
export function findGiveaway(text: string): { readonly rule: string; readonly words: string } | null {
  for (const { name, pattern } of GIVEAWAYS) {
    const match = pattern.exec(text);
    if (match !== null) return { rule: name, words: match[0] };
  }
  return null;
}
