import { type RandomStream, randomStream } from "../../util/random.ts";
import { FINDING_LABELS, type Finding, type FindingLabel } from "./finding.ts";
import type { Prevalence } from "./site.ts";

/**
 * What makes findings come together: loadings on hidden causes. The same at every site, so that prevalence can be
 * switched without switching what goes with what.
 */
const CAUSES: readonly Partial<Record<FindingLabel, number>>[] = [
  // Heart failure.
  { Cardiomegaly: 0.6, Edema: 0.65, "Pleural Effusion": 0.5, "Enlarged Cardiomediastinum": 0.25 },
  // Infection.
  { Pneumonia: 0.6, Consolidation: 0.5, "Lung Opacity": 0.45, "Pleural Effusion": 0.2 },
  // Injury.
  { Fracture: 0.5, Pneumothorax: 0.5 },
  // Tumour and its marks.
  { "Lung Lesion": 0.5, "Pleural Other": 0.4, "Enlarged Cardiomediastinum": 0.35 },
  // Collapse.
  { Atelectasis: 0.5, "Pleural Effusion": 0.35, "Lung Opacity": 0.25 },
];
/** Correlation of a patient's studies: what is there tends to stay. */
const PERSISTENCE = 0.6;
/** Below this a finding would be a matter of faith. */
export const FAINTEST = 0.15;

/**
 * Draws the findings of one study. Each label's marginal share is exactly its prevalence; labels go together through
 * the hidden causes. Everything about every finding is drawn whether it is present or not, so changing one
 * prevalence neither moves nor changes another finding.
 */
export function drawFindings(
  seed: number,
  names: { readonly patient: readonly (string | number)[]; readonly study: number },
  prevalence: Prevalence,
): Finding[] {
  const ofPatient = latent(randomStream(seed, ...names.patient, "disposition"));
  const ofStudy = latent(randomStream(seed, ...names.patient, names.study, "course"));
  // Its place is the patient's, its severity the study's.
  const place = randomStream(seed, ...names.patient, "place");
  const course = randomStream(seed, ...names.patient, names.study, "severity");
  return FINDING_LABELS.flatMap((label, i) => {
    const finding: Finding = {
      label,
      severity: FAINTEST + (1 - FAINTEST) * course.uniform(),
      side: place.chance(0.5) ? "right" : "left",
      across: place.uniform(),
      down: place.uniform(),
      seed: Math.floor(place.uniform() * 2 ** 31),
    };
    const z = Math.sqrt(PERSISTENCE) * (ofPatient[i] ?? 0) + Math.sqrt(1 - PERSISTENCE) * (ofStudy[i] ?? 0);
    return normalShare(z) > 1 - prevalence[label] ? [finding] : [];
  });
}

/** Standard normal values, one a finding, correlated through the causes. */
function latent(random: RandomStream): number[] {
  const causes = CAUSES.map(() => random.normal());
  return FINDING_LABELS.map((label) => {
    let value = 0;
    let explained = 0;
    CAUSES.forEach((loadings, k) => {
      const loading = loadings[label] ?? 0;
      value += loading * (causes[k] ?? 0);
      explained += loading ** 2;
    });
    return value + Math.sqrt(1 - explained) * random.normal();
  });
}

/** The standard normal distribution function (Abramowitz and Stegun 7.1.26; error under 1e-7). */
export function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp(-x * x);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
