import type { Label } from "../labels/label.ts";
import type { Finding } from "./finding-phrases.ts";
import { FINDING_TERMS } from "./finding-terms.ts";

/**
 * Whether a reading denies a finding, decided by rules in the manner of NegEx (Chapman et al. 2001, J Biomed Inform 34:301):
 * a cue ("no", "without", ...) governs its clause from there on, a closing cue ("is absent", "are not seen") the
 * clause before it. Deviates from it in one direction only: in doubt a mention counts as an assertion, so that a sound
 * trace is not thrown away. Not covered: denials across sentences ("There is none."), in other words than the lists',
 * and findings asserted that were not given.
 */

/** Sentences; a decimal point is no end. */
const SENTENCES = /(?<=[.!?;])\s+|\n+/;
/** Where a cue's reach ends inside a sentence. */
const TURNS =
  /,?\s*\b(?:but|however|although|though|while|whereas|yet|with|and (?=there|an?\b|the\b)|except(?: for)?|apart from|aside from|other than)\b\s*|:\s+/i;
/** A piece after a comma that says something by itself, so that no cue before the comma governs it. */
const OWN_VERB =
  /\b(?:is|are|was|were|appears?|shows?|suggests?|indicates?|has|have|there|seen|noted|present|visible|consistent|compatible)\b/i;
const OWN_OPENING =
  /^(?:and )?(?:an?|the|small|mild|moderate|large|severe|trace|subtle|faint|patchy|focal|diffuse|extensive|possible|probable|likely|new|old)\b/i;
/** What precedes a mention that takes the finding for granted: "does not hide the effusion". */
const TAKEN_FOR_GRANTED = /\b(?:the|this|these|that|its)\s+(?:[\w-]+\s+){0,2}$/i;

const CUES =
  /\b(?:no|not|without|absence of|absent|free of|negative for|neither|nor|excludes?|excluding|rules? out|ruling out|lack of|lacks|clear of)\b/i;
const CLOSING_CUES =
  /\b(?:is|are|was|were) (?:absent|excluded|ruled out|not (?:seen|present|identified|visible|evident|appreciated|demonstrated|noted))\b/i;
/** Cues that deny nothing, or nothing that can be told by rule. */
const PSEUDO_CUES =
  /\b(?:no (?:significant |interval |other |further |additional |new |large |sizeable |definite )?(?:change|increase|decrease|doubt|longer)|not only|not (?:be )?(?:excluded|ruled out)|cannot|can not|can't|could not|no (?:other|further|additional|new|large|sizeable|definite|obvious|gross|significant)|without (?:doubt|change|significant|new|other|large)|not (?:definite|certain|clearly|entirely|completely)|rather than|versus|or not|whether)\b/i;
/** A denial limited to a place leaves the finding possible elsewhere. */
const PLACES =
  /\b(?:left|right|upper|lower|mid|middle|apical|basal|bibasilar|lobe|lobar|elsewhere|remaining|rest of|here|this (?:area|zone|region|side)|contralateral|unilateral|bilateral)\b/i;

type Mention = "denied" | "asserted";

/** The words by which a reading denies a finding: it is denied at least once and asserted nowhere. Null otherwise. */
export function findDenial(text: string, finding: Finding): string | null {
  let denial: string | null = null;
  for (const clause of clausesOf(text)) {
    const said = mentionIn(clause, finding);
    if (said === "asserted") return null;
    if (said === "denied") denial ??= clause.trim();
  }
  return denial;
}

/** The first given finding that a reading denies. */
export function findDeniedLabel(
  text: string,
  labels: readonly Label[],
): { readonly label: Finding; readonly words: string } | null {
  for (const label of labels) {
    if (label === "No Finding") continue;
    const words = findDenial(text, label);
    if (words !== null) return { label, words };
  }
  return null;
}

/** Pieces of a text within which a cue reaches. */
function clausesOf(text: string): string[] {
  return text
    .split(SENTENCES)
    .flatMap((sentence) => sentence.split(TURNS))
    .flatMap(splitAtCommas)
    .filter((clause) => clause.trim() !== "");
}

/** Joins the items of a list ("no effusion, consolidation or edema") and parts what has a verb of its own. */
function splitAtCommas(sentence: string): string[] {
  const clauses: string[] = [];
  for (const piece of sentence.split(/,\s*/)) {
    const before = clauses.at(-1);
    if (before === undefined || OWN_VERB.test(piece) || OWN_OPENING.test(piece)) clauses.push(piece);
    else clauses[clauses.length - 1] = `${before}, ${piece}`;
  }
  return clauses;
}

function mentionIn(clause: string, finding: Finding): Mention | null {
  const { names, normal, hints } = FINDING_TERMS[finding];
  if (normal?.test(clause) && !PLACES.test(clause) && !PSEUDO_CUES.test(clause)) return "denied";
  const mentions = [...clause.matchAll(names)];
  if (mentions.length === 0) return hints?.test(clause) && !CUES.test(clause) ? "asserted" : null;
  if (PSEUDO_CUES.test(clause) || PLACES.test(clause)) return "asserted";
  const cue = CUES.exec(clause)?.index ?? Number.POSITIVE_INFINITY;
  const isDenied = ({ 0: words, index }: RegExpExecArray): boolean => {
    if (CLOSING_CUES.test(clause.slice(index + words.length))) return true;
    return cue < index && !TAKEN_FOR_GRANTED.test(clause.slice(0, index));
  };
  return mentions.every(isDenied) ? "denied" : "asserted";
}
