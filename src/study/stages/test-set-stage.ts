import { readCohort, writeCohort, writeSetAside } from "../../cohort/cohort-file.ts";
import { assertPatientDisjoint } from "../../cohort/disjoint.ts";
import { lookAtPictures } from "../../cohort/look-at-pictures.ts";
import { imageKey, NOTHING_SEEN } from "../../cohort/picture.ts";
import { readPictures, writeFileList, writePictures, writeReplaced } from "../../cohort/picture-files.ts";
import { assertPicturesDisjoint, countRepeats } from "../../cohort/same-picture.ts";
import type { SettledBefore } from "../../cohort/settle.ts";
import { drawTestSet, personOf, type TestSet } from "../../cohort/test-set.ts";
import { useRegister } from "../../cohort/use-register.ts";
import { type Verified, verifySets } from "../../cohort/verify-sets.ts";
import { readTable } from "../../datasets/table-file.ts";
import { countReasons } from "../../util/count-reasons.ts";
import { hospitalOf } from "../hospital-of.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage, StageContext } from "../stage.ts";
import { PICTURES_FILE, picturesText } from "./cohort-stage.ts";
import { radiographRoot } from "./radiograph-root.ts";
import { refuseMissing } from "./refuse-missing.ts";

/** The cohorts whose patients no test set may have. */
const TRAINED_SETS = ["sft", "rl", "validation"] as const;

/** Where the images come from that a model is judged on: `cohorts/test-<data>.jsonl`. */
export const testSetFile = (data: string): string => `cohorts/test-${data}.jsonl`;
const picturesFile = (data: string): string => `cohorts/test-${data}.pictures.jsonl`;

/**
 * Draws a test set. From another hospital: all of its records, or n at random. From the training hospital: the test
 * patients that the cohorts set apart. No patient and no picture of it is in a set that trains or chooses, nor in the
 * test sets before it in the study.
 */
export function testSetStage(config: StudyConfig, data: string): Stage {
  const isHome = data === config.cohort.source;
  const { n } = config.evaluation.sets[data] ?? { n: "all" as const };
  const names = Object.keys(config.evaluation.sets);
  const earlier = names.slice(0, names.indexOf(data));
  const { images, replaceMissing } = config.cohort;
  return {
    name: `test-set ${data}`,
    needs: ["cohort", `data ${data}`, ...earlier.map((name) => `test-set ${name}`)],
    config: { n, seed: config.seed, isHome, images, replaceMissing },
    async run(context) {
      const hospital = hospitalOf(config);
      const before = await settledBefore(config, earlier, context);
      const { settled, hashes, awaited } = await picturesOf(config, data, n, before, context);
      const { cohort, setAside, replaced } = settled;
      const others = before.map((each) => each.cohort);
      useRegister(others, hospital).requireVerdict(cohort);
      assertPatientDisjoint([...others, cohort], hospital);
      const known = new Map([...hashes, ...(await knownHashes(earlier, context))]);
      assertPicturesDisjoint([...others, cohort], (record) => known.get(imageKey(record)));
      const files = {
        cohort: testSetFile(data),
        setAside: `cohorts/test-${data}.set-aside.jsonl`,
        list: `cohorts/test-${data}.files.txt`,
        replaced: `cohorts/test-${data}.replaced.csv`,
        pictures: picturesFile(data),
      };
      await writeCohort(context.path(files.cohort), cohort);
      await writeSetAside(context.path(files.setAside), setAside);
      await writeFileList(context.path(files.list), cohort.records);
      await writeReplaced(context.path(files.replaced), replaced);
      await writePictures(context.path(files.pictures), [cohort], hashes);
      await refuseMissing(context, data, awaited);
      return {
        files: Object.values(files),
        summary: `${cohort.rule}; ${setAside.length} not drawn${picturesText(config, replaced.length)}`,
        facts: {
          n: cohort.records.length,
          rule: cohort.rule,
          setAside: countReasons(setAside),
          images,
          replaced: countReasons(replaced),
          // Two images of one patient may be one picture; each is kept, as the set's makers have it.
          repeatedPictures: countRepeats(cohort, (record) => hashes.get(imageKey(record))),
        },
      };
    },
  };
}

async function picturesOf(
  config: StudyConfig,
  data: string,
  count: number | "all",
  before: readonly SettledBefore[],
  context: StageContext,
): Promise<Verified<TestSet>> {
  const isHome = data === config.cohort.source;
  const records = isHome
    ? (await readCohort(context.path("cohorts/test.jsonl"))).records
    : await readTable(context.path(`data/${data}.parquet`));
  const request = { name: `test-${data}`, count, seed: config.seed, hospitalOf: hospitalOf(config) };
  if (config.cohort.images === "unchecked") {
    const settled = drawTestSet(records, request, NOTHING_SEEN, before);
    return { settled, hashes: new Map(), awaited: [] };
  }
  const look = lookAtPictures({
    rootOf: () => radiographRoot(context, data),
    // The training hospital's test patients were looked at with its other sets.
    hashes: await readPictures(context.path(PICTURES_FILE)),
    missing: config.cohort.replaceMissing ? "replace" : "await",
    onProgress: (done, total) =>
      context.onProgress({ done, total, unit: "images", note: "looking at the files" }),
  });
  return verifySets(
    (findingOf) => drawTestSet(records, request, findingOf, before),
    ({ cohort }) => [cohort],
    look,
  );
}

/** The sets that were drawn before this one. */
async function settledBefore(
  config: StudyConfig,
  earlier: readonly string[],
  context: StageContext,
): Promise<SettledBefore[]> {
  const known = await knownHashes(earlier, context);
  const files = [...TRAINED_SETS.map((set) => `cohorts/${set}.jsonl`), ...earlier.map(testSetFile)];
  const cohorts = await Promise.all(files.map((file) => readCohort(context.path(file))));
  const keyOf = personOf(hospitalOf(config));
  return cohorts.map((cohort) => ({
    cohort,
    hashOf: (record) => known.get(imageKey(record)),
    personOf: keyOf,
  }));
}

async function knownHashes(earlier: readonly string[], context: StageContext): Promise<Map<string, string>> {
  const files = [PICTURES_FILE, ...earlier.map(picturesFile)];
  const maps = await Promise.all(files.map((file) => readPictures(context.path(file))));
  return new Map(maps.flatMap((map) => [...map]));
}
