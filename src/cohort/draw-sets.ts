import type { ImageRecord } from "../datasets/record.ts";
import { LABELS } from "../labels/label.ts";
import { DEFAULT_POLICY, positiveLabels } from "../labels/policy.ts";
import { compareText } from "../util/compare-text.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { type BalancedRequest, balancedSample, type Candidate, sampleGoals } from "./balanced-sample.ts";
import type { CohortUse, SetAsideReason } from "./cohort.ts";
import type { CohortRequest } from "./cohort-request.ts";
import { patientKey } from "./disjoint.ts";
import type { Reserve } from "./replacements.ts";

/** The share of each training set that every label reaches at least, in the paper. */
export const DEFAULT_FLOOR_SHARE = 0.05;

/** A record that may be drawn. */
export interface Eligible extends Candidate {
  readonly record: ImageRecord;
  readonly person: string;
}

/** A set as it was drawn, from the tables alone. */
export interface DrawnSet {
  readonly name: string;
  readonly use: CohortUse;
  readonly rule: string;
  readonly picked: readonly Eligible[];
  /** Null: an unusable picture is left out, since all others are in the set already. */
  readonly reserve: (() => Reserve<Eligible>) | null;
}

/** The draw of one hospital, before anybody has looked at a picture. */
export interface Drawn {
  /** In the order of drawing; of two sets that claim a picture the earlier keeps it. */
  readonly sets: readonly DrawnSet[];
  /** The test set is all that the others leave. */
  readonly testIsRest: boolean;
  /** All records, sorted. */
  readonly records: readonly ImageRecord[];
  readonly eligible: readonly Eligible[];
  /** Records that may not be drawn. */
  readonly aside: ReadonlyMap<ImageRecord, SetAsideReason>;
}

/** Records in an order that does not depend on the order of the files. */
export function inOrder(records: readonly ImageRecord[]): ImageRecord[] {
  return [...records].sort((a, b) => compareText(a.site, b.site) || compareText(a.id, b.id));
}

/**
 * Draws first `test` and `validation` at random, then `sft` and `rl` by the balanced sampler from the images with a
 * positive label, no patient in two of them. Throws UserError when there are too few images, or too few of one label.
 */
export function drawSets(records: readonly ImageRecord[], request: CohortRequest): Drawn {
  const { test = 0, validation, sft, rl } = request;
  const draw = new Draw(records, request);
  const sets = [
    ...(typeof test === "number" && test > 0 ? [draw.random("test", "verdict", test)] : []),
    draw.random("validation", "choose", validation),
    draw.balanced("sft", sft),
    draw.balanced("rl", rl),
  ];
  return { sets, testIsRest: test === "rest", ...draw.source };
}

class Draw {
  readonly source: Pick<Drawn, "records" | "eligible" | "aside">;
  private readonly request: CohortRequest;
  private readonly usedPatients = new Set<string>();

  constructor(records: readonly ImageRecord[], request: CohortRequest) {
    this.request = request;
    const { views = ["AP", "PA"], policy = DEFAULT_POLICY } = request;
    const aside = new Map<ImageRecord, SetAsideReason>();
    const eligible: Eligible[] = [];
    const sorted = inOrder(records);
    for (const record of sorted) {
      if (!views.includes(record.view)) aside.set(record, "not frontal");
      else {
        const labels = positiveLabels(record.labels, policy);
        eligible.push({ record, labels, person: patientKey(record.site, record.patient) });
      }
    }
    this.source = { records: sorted, eligible, aside };
  }

  random(name: string, use: CohortUse, count: number): DrawnSet {
    const { seed } = this.request;
    const candidates = this.left();
    if (candidates.length < count) {
      throw new UserError(
        `cohort ${name}: ${count} images asked for, ${candidates.length} can be used; ask for fewer`,
      );
    }
    const order = randomStream(seed, "cohort", name).shuffle(candidates);
    const rule = `${count} of ${candidates.length} frontal images, drawn at random (seed ${seed})`;
    const picked = this.use(order.slice(0, count));
    const reserve = (): Reserve<Eligible> => ({ kind: "in order", candidates: order.slice(count) });
    return { name, use, rule, picked, reserve };
  }

  balanced(name: string, count: number): DrawnSet {
    const { seed, floorShare = DEFAULT_FLOOR_SHARE, stated = LABELS } = this.request;
    const candidates = this.left().filter(({ labels }) => labels.length > 0);
    const request: BalancedRequest = { count, floorShare, floorLabels: stated, name };
    const picked = this.use(balancedSample(candidates, request, randomStream(seed, "cohort", name)));
    const rule =
      `${count} of ${candidates.length} frontal images with a positive label, balanced sampler, ` +
      `every stated label in ${floorShare * 100} % or more (seed ${seed})`;
    const reserve = (): Reserve<Eligible> => {
      const taken = new Set(picked);
      const left = candidates.filter((candidate) => !taken.has(candidate));
      const order = randomStream(seed, "cohort", name, "reserve").shuffle(left);
      return { kind: "balanced", request, goals: sampleGoals(candidates, request), candidates: order };
    };
    return { name, use: "train", rule, picked, reserve };
  }

  private left(): Eligible[] {
    return this.source.eligible.filter(({ person }) => !this.usedPatients.has(person));
  }

  private use(picked: readonly Eligible[]): readonly Eligible[] {
    for (const { person } of picked) this.usedPatients.add(person);
    return picked;
  }
}
