import type { ImageRecord, View } from "../datasets/record.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { DEFAULT_POLICY, type LabelPolicy, positiveLabels } from "../labels/policy.ts";
import { compareText } from "../util/compare-text.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { balancedSample, type Candidate } from "./balanced-sample.ts";
import type { Cohort, CohortUse, SetAside, SetAsideReason } from "./cohort.ts";
import { assertPatientDisjoint, patientKey } from "./disjoint.ts";

/** The share of each training set that every label reaches at least, in the paper. */
export const DEFAULT_FLOOR_SHARE = 0.05;

export interface CohortRequest {
  /** Images in each set. */
  readonly sft: number;
  readonly rl: number;
  readonly validation: number;
  /**
   * Images for a verdict on patients of the same hospital; none by default. `rest`: all frontal images of the patients
   * in no other set. What is left is no random draw: the balanced sets took more of the rare labels than their share.
   */
  readonly test?: number | "rest";
  readonly seed: number;
  /** Share of the sft and of the rl set that every stated label reaches at least; 0 asks for none. */
  readonly floorShare?: number;
  /** Labels that the hospital can state; a floor for another could never be reached. All 14 by default. */
  readonly stated?: readonly Label[];
  readonly policy?: LabelPolicy;
  /** Views to draw from; AP and PA by default. */
  readonly views?: readonly View[];
}

export interface Cohorts {
  readonly sft: Cohort;
  readonly rl: Cohort;
  readonly validation: Cohort;
  /** Null when none was asked for. */
  readonly test: Cohort | null;
  /** Every record that is in no set. */
  readonly setAside: readonly SetAside[];
}

/**
 * Draws the sets of one hospital, no patient in two of them: first `test` and `validation`, at random from all frontal
 * images, so that they are like their source; then `sft` and `rl` by the balanced sampler, from the images with a positive label that
 * are left. A patient's other images go to no other set. The same records, in any order, and the same request give the
 * same sets. Throws UserError when the source has too few images, or too few of one label.
 */
export function makeCohorts(records: readonly ImageRecord[], request: CohortRequest): Cohorts {
  const draw = new Draw(records, request);
  const { test: asked = 0 } = request;
  const drawn = typeof asked === "number" && asked > 0 ? draw.random("test", "verdict", asked) : null;
  const validation = draw.random("validation", "choose", request.validation);
  const sft = draw.balanced("sft", request.sft);
  const rl = draw.balanced("rl", request.rl);
  const test = asked === "rest" ? draw.rest("test", "verdict") : drawn;
  const sets = [sft, rl, validation, ...(test === null ? [] : [test])];
  assertPatientDisjoint(sets);
  const setAside = draw.setAside(sets);
  const accounted = sets.reduce((sum, set) => sum + set.records.length, setAside.length);
  if (accounted !== records.length) {
    throw new Error(`makeCohorts: ${records.length} records, ${accounted} accounted for`);
  }
  return { sft, rl, validation, test, setAside };
}

interface Eligible extends Candidate {
  readonly record: ImageRecord;
  readonly person: string;
}

class Draw {
  private readonly request: CohortRequest;
  private readonly aside = new Map<ImageRecord, SetAsideReason>();
  private readonly eligible: Eligible[] = [];
  private readonly sorted: ImageRecord[];
  private readonly usedPatients = new Set<string>();

  constructor(records: readonly ImageRecord[], request: CohortRequest) {
    this.request = request;
    const views = request.views ?? ["AP", "PA"];
    this.sorted = [...records].sort((a, b) => compareText(a.site, b.site) || compareText(a.id, b.id));
    for (const record of this.sorted) {
      if (!views.includes(record.view)) this.aside.set(record, "not frontal");
      else {
        const labels = positiveLabels(record.labels, request.policy ?? DEFAULT_POLICY);
        this.eligible.push({ record, labels, person: patientKey(record.site, record.patient) });
      }
    }
  }

  random(name: string, use: CohortUse, count: number): Cohort {
    const candidates = this.left();
    if (candidates.length < count) {
      throw new UserError(
        `cohort ${name}: ${count} images asked for, ${candidates.length} can be used; ask for fewer`,
      );
    }
    const picked = randomStream(this.request.seed, "cohort", name).shuffle(candidates).slice(0, count);
    const rule = `${count} of ${candidates.length} frontal images, drawn at random (seed ${this.request.seed})`;
    return this.close({ name, use, rule, records: picked.map(({ record }) => record) }, picked);
  }

  balanced(name: string, count: number): Cohort {
    const { seed, floorShare = DEFAULT_FLOOR_SHARE, stated = LABELS } = this.request;
    const candidates = this.left().filter(({ labels }) => labels.length > 0);
    const random = randomStream(seed, "cohort", name);
    const picked = balancedSample(candidates, { count, floorShare, floorLabels: stated, name }, random);
    const rule =
      `${count} of ${candidates.length} frontal images with a positive label, balanced sampler, ` +
      `every stated label in ${floorShare * 100} % or more (seed ${seed})`;
    return this.close({ name, use: "train", rule, records: picked.map(({ record }) => record) }, picked);
  }

  rest(name: string, use: CohortUse): Cohort {
    const left = this.left();
    if (left.length === 0)
      throw new UserError(`cohort ${name}: no patient is left for it; make the other sets smaller`);
    const rule = `all ${left.length} frontal images of the patients in no other set`;
    return this.close({ name, use, rule, records: left.map(({ record }) => record) }, left);
  }

  /** Every record in no set, with the reason that came first. */
  setAside(cohorts: readonly Cohort[]): SetAside[] {
    const drawn = new Set(cohorts.flatMap(({ records }) => records));
    const labelled = new Map(this.eligible.map((each) => [each.record, each]));
    return this.sorted
      .filter((record) => !drawn.has(record))
      .map((record) => {
        const reason = this.aside.get(record) ?? this.reasonFor(labelled.get(record));
        return { site: record.site, id: record.id, patient: record.patient, reason };
      });
  }

  private reasonFor(each: Eligible | undefined): SetAsideReason {
    if (each === undefined) throw new Error("Draw: a record that was never looked at");
    if (this.usedPatients.has(each.person)) return "patient used elsewhere";
    return each.labels.length === 0 ? "no positive label" : "not drawn";
  }

  private left(): Eligible[] {
    return this.eligible.filter(({ person }) => !this.usedPatients.has(person));
  }

  private close(cohort: Cohort, picked: readonly Eligible[]): Cohort {
    for (const { person } of picked) this.usedPatients.add(person);
    return cohort;
  }
}
