import path from "node:path";
import type { ImageRecord } from "../../datasets/record.ts";
import type { Engine } from "../../engine/engine.ts";
import { decodeImage, type GreyImage } from "../../images/decode.ts";
import {
  boxMask,
  hidePixels,
  meanGrey,
  movedMask,
  type PixelMask,
  REGION_NAMES,
  REGIONS,
  type RegionName,
} from "../../images/mask-region.ts";
import { mapParallel } from "../../util/map-parallel.ts";
import type { OnProgress } from "../../util/progress.ts";
import { randomStream } from "../../util/random.ts";
import { slices } from "../../util/slices.ts";
import { holm } from "../paired/holm.ts";
import type { Prediction } from "../prediction-file.ts";
import {
  type AnswerChanges,
  type AnswerPair,
  answerChanges,
  type ChangeExcess,
  changeExcess,
} from "./answer-changes.ts";
import { ENOUGH_PATIENTS } from "./implication-pairs.ts";
import {
  type LearnedChange,
  type LearnedOutcome,
  learnedChanges,
  learnedOutcome,
} from "./learned-changes.ts";
import {
  drawPicture,
  PHANTOM_SWITCHES,
  type PhantomSwitch,
  type PlannedPicture,
  switchedSpecs,
} from "./phantom-switches.ts";
import type { ProbeSettings, StyleSwitch } from "./probe-settings.ts";
import { type ProbePicture, readPictures } from "./read-pictures.ts";

/** Whether answers change more often than under the null, Holm-corrected over all that was probed on the same images. */
export const SHORTCUT_OUTCOMES = ["more than the null", "no more than the null", "too few"] as const;
export type ShortcutOutcome = (typeof SHORTCUT_OUTCOMES)[number];

export interface Probed {
  readonly changes: AnswerChanges;
  /** Against the null on the same images; null for what is the null itself. */
  readonly excess: (ChangeExcess & { readonly holm: number; readonly outcome: ShortcutOutcome }) | null;
  /**
   * What it does to each label more, or less, than in the model that this one was trained from; p after Holm over the 14
   * labels of all that was probed on the same images, but for the null. Null where there is no such model.
   */
  readonly learned:
    | readonly (LearnedChange & { readonly holm: number; readonly outcome: LearnedOutcome })[]
    | null;
}

/** A part of the picture hidden; the null hides the same shape elsewhere in the same picture. */
export interface RegionProbe extends Probed {
  readonly region: RegionName;
  readonly elsewhere: AnswerChanges;
}

/** One thing about a phantom switched; the null, `retaken`, is the same patient taken again in the same style. */
export interface SwitchProbe extends Probed {
  readonly what: PhantomSwitch;
}

type ProbeRecord = Pick<ImageRecord, "id" | "patient" | "site" | "image">;
/** Images whose pictures are in memory together, with all that is made of them. */
const IMAGES_AT_ONCE = 8;
const PARALLEL = 4;
/** The null's mask is moved by a quarter to three quarters of each side, so that a corner's is never in a corner. */
const LEAST_MOVE = 0.25;

/** Hides each region, and the same shape elsewhere, and has the pictures read beside the whole ones. */
export async function probeRegions(
  engine: Engine,
  records: readonly ProbeRecord[],
  settings: ProbeSettings,
  onProgress?: OnProgress,
): Promise<RegionProbe[]> {
  const asked = REGION_NAMES.flatMap((region) => [`${region}`, `${region}, elsewhere`]);
  const open = ({ image }: ProbeRecord) => decodeImage(path.join(settings.root, image));
  const numbered = records.map((record, index) => ({ record, index }));
  const answers = await readVersions(
    engine,
    numbered,
    ["whole", ...asked],
    settings,
    onProgress,
    async (batch) =>
      mapParallel(batch, PARALLEL, async ({ record, index }) => {
        const picture = await open(record);
        const donor = settings.fill === "swap" ? await open(donorOf(records, index)) : meanGrey(picture);
        const hidden = REGION_NAMES.flatMap((region) => {
          const mask = boxMask(picture, REGIONS[region]);
          const elsewhere = moved(mask, settings.seed, region, record.id);
          return [hidePixels(picture, mask, donor), hidePixels(picture, elsewhere, donor)];
        });
        return [picture, ...hidden];
      }),
  );
  const pairs = (reader: Answers, version: string) => pairsOf(records, reader, "whole", version);
  const measured = REGION_NAMES.map((region) => {
    const [own, elsewhere] = [pairs(answers.own, region), pairs(answers.own, `${region}, elsewhere`)];
    const probed = {
      changes: answerChanges(own, settings.level),
      excess: changeExcess(own, elsewhere, settings),
      learned: answers.earlier === null ? null : learnedChanges(own, pairs(answers.earlier, region)),
    };
    return { region, ...probed, elsewhere: answerChanges(elsewhere, settings.level) };
  });
  return judged(measured);
}

/** Draws each phantom again with one thing switched, and has both versions read. */
export async function probeSwitches(
  engine: Engine,
  records: readonly (Pick<ImageRecord, "id" | "patient" | "site"> & { readonly plan: PlannedPicture })[],
  { size, planSeed, style }: StyleSwitch,
  settings: ProbeSettings,
  onProgress?: OnProgress,
): Promise<SwitchProbe[]> {
  const versions = PHANTOM_SWITCHES.flatMap((what) => [`${what}, before`, `${what}, after`]);
  const numbered = records.map((record, index) => ({ record, index }));
  const answers = await readVersions(engine, numbered, versions, settings, onProgress, async (batch) =>
    batch.map(({ record }) => {
      // Most versions are the picture as drawn: each is drawn once.
      const drawn = new Map<string, GreyImage>();
      return PHANTOM_SWITCHES.flatMap((what) => {
        const { before, after } = switchedSpecs(record.plan, what, planSeed, style);
        return [before, after].map((spec) => {
          const key = JSON.stringify(spec);
          const picture = drawn.get(key) ?? drawPicture(spec, size);
          drawn.set(key, picture);
          return picture;
        });
      });
    }),
  );
  const pairs = (reader: Answers, what: PhantomSwitch) =>
    pairsOf(records, reader, `${what}, before`, `${what}, after`);
  const { own, earlier } = answers;
  const retaken = pairs(own, "retaken");
  return judged(
    PHANTOM_SWITCHES.map((what) => ({
      what,
      changes: answerChanges(pairs(own, what), settings.level),
      excess: what === "retaken" ? null : changeExcess(pairs(own, what), retaken, settings),
      learned:
        what === "retaken" || earlier === null
          ? null
          : learnedChanges(pairs(own, what), pairs(earlier, what)),
    })),
  );
}

/** Version -> a model's answers, in the order of the records. */
type Answers = ReadonlyMap<string, readonly Prediction[]>;

/** Every version of every image, read by the model and, where there is one, the model that it was trained from. */
async function readVersions<R extends Pick<ImageRecord, "id" | "patient" | "site">>(
  engine: Engine,
  numbered: readonly { readonly record: R; readonly index: number }[],
  versions: readonly string[],
  settings: ProbeSettings,
  onProgress: OnProgress | undefined,
  make: (batch: readonly { readonly record: R; readonly index: number }[]) => Promise<GreyImage[][]>,
): Promise<{ readonly own: Answers; readonly earlier: Answers | null }> {
  const { adapter, earlier, ...asking } = settings;
  const adapters = earlier === undefined ? [adapter] : [adapter, earlier];
  const answers = adapters.map(() => new Map<string, Prediction[]>(versions.map((version) => [version, []])));
  let done = 0;
  for (const batch of slices(numbered, IMAGES_AT_ONCE)) {
    const pictures = await make(batch);
    // Versions that are one picture are read once.
    const distinct = new Map<GreyImage, ProbePicture>();
    batch.forEach(({ record: { id, patient, site } }, at) => {
      for (const picture of pictures[at] ?? []) distinct.set(picture, { id, patient, site, picture });
    });
    const asked = [...distinct.values()];
    const read = await readPictures(engine, asked, adapters, { ...asking, temperature: 0 });
    const at = new Map(asked.map(({ picture }, index) => [picture, index]));
    for (const own of pictures)
      versions.forEach((version, column) => {
        const picture = own[column];
        const index = picture === undefined ? undefined : at.get(picture);
        answers.forEach((byVersion, reader) => {
          const answer = index === undefined ? undefined : read[reader]?.[index];
          if (answer === undefined) throw new Error(`shortcut probe: no answer to "${version}"`);
          byVersion.get(version)?.push(answer);
        });
      });
    done += batch.length;
    onProgress?.({
      done,
      total: numbered.length,
      unit: "images",
      note: `${versions.length} versions of each`,
    });
  }
  return { own: answers[0] ?? new Map(), earlier: answers[1] ?? null };
}

function pairsOf(
  records: readonly { readonly patient: string }[],
  answers: Answers,
  before: string,
  after: string,
): AnswerPair[] {
  return records.map(({ patient }, at) => ({
    patient,
    before: answers.get(before)?.[at]?.labels ?? null,
    after: answers.get(after)?.[at]?.labels ?? null,
  }));
}

function moved(mask: PixelMask, seed: number, region: string, id: string): PixelMask {
  const random = randomStream(seed, "moved mask", region, id);
  const by = (side: number): number =>
    Math.round(side * (LEAST_MOVE + (1 - 2 * LEAST_MOVE) * random.uniform()));
  return movedMask(mask, by(mask.width), by(mask.height));
}

/** The next record of another patient; the own one where there is none. */
function donorOf(records: readonly ProbeRecord[], index: number): ProbeRecord {
  const own = records[index] as ProbeRecord;
  const after = [...records.slice(index + 1), ...records.slice(0, index)];
  return after.find(({ patient }) => patient !== own.patient) ?? own;
}

const ALPHA = 0.05;

interface Measured {
  readonly changes: AnswerChanges;
  readonly excess: ChangeExcess | null;
  readonly learned: readonly LearnedChange[] | null;
}

function judged<T extends Measured>(measured: readonly T[]): (Omit<T, keyof Probed> & Probed)[] {
  const excesses = holm(measured.flatMap(({ excess }) => (excess === null ? [] : [excess.test.p])));
  const labels = holm(measured.flatMap(({ learned }) => (learned ?? []).map(({ test }) => test.p)));
  let [nextExcess, nextLabel] = [0, 0];
  return measured.map((probe) => {
    const learned =
      probe.learned?.map((change) => {
        const adjusted = labels[nextLabel++] as number;
        return { ...change, holm: adjusted, outcome: learnedOutcome(change, adjusted) };
      }) ?? null;
    if (probe.excess === null) return { ...probe, excess: null, learned };
    const adjusted = excesses[nextExcess++] as number;
    const excess = { ...probe.excess, holm: adjusted, outcome: outcomeOf(probe, adjusted) };
    return { ...probe, excess, learned };
  });
}

function outcomeOf(
  { changes, excess }: { readonly changes: AnswerChanges; readonly excess: ChangeExcess | null },
  p: number,
): ShortcutOutcome {
  if (changes.patients < ENOUGH_PATIENTS) return "too few";
  return p <= ALPHA && (excess?.difference.value ?? 0) > 0 ? "more than the null" : "no more than the null";
}
