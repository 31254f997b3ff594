import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { KAPPA_WEIGHTS, type KappaWeights } from "../evaluation/agreement/cohen-kappa.ts";
import { renderAgreement } from "../report/render-agreement.ts";
import {
  type AddedReviews,
  addReview,
  importReviews,
  sampleStudyTraces,
  studyAgreement,
} from "../study/review-study-traces.ts";
import { DECISIONS, RATINGS, type Rating } from "../teacher/review/review.ts";
import { SAMPLE_RULES, type SampleRule } from "../teacher/review/sample-traces.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { type StudyOptions, takesVariant, variantStudyOf } from "./study-options.ts";

/** `chexreason traces sample | review | agreement`: people read the teacher's traces. */
export function addTraceReviews(program: Command): void {
  const traces = program.commands.find((command) => command.name() === "traces");
  if (traces === undefined) throw new Error("addTraceReviews: there is no command traces yet");
  for (const add of [addSample, addReviewing, addAgreement])
    add(traces).option("--verbose", "show the stack of an error");
}

interface SampleOptions extends StudyOptions {
  readonly n: number;
  readonly rule: SampleRule;
  readonly seed?: number;
  readonly unread: boolean;
}

function addSample(traces: Command): Command {
  return takesVariant(traces.command("sample"))
    .description("draw traces for people to review, one JSON object a line")
    .option("--n <count>", "how many", wholeNumber, 100)
    .addOption(
      new Option("--rule <name>", "plain: each as likely; by-label: rare findings for certain")
        .choices(SAMPLE_RULES)
        .default("plain"),
    )
    .option("--seed <number>", "draw another set than the study's seed does", wholeNumber)
    .option("--unread", "only traces that nobody has reviewed yet", false)
    .option("--json", "one object on stdout")
    .action(async (file: string, { n, rule, seed, unread, ...options }: SampleOptions) => {
      const study = await variantStudyOf(file, options);
      const drawn = seed === undefined ? {} : { seed };
      const { of, items } = await sampleStudyTraces(study, { n, rule, unread, ...drawn });
      if (options.json === true) printJson({ schema: "chexreason.traces-sample/1", rule, of, items });
      else for (const item of items) process.stdout.write(`${JSON.stringify(item)}\n`);
      process.stderr.write(`chexreason: ${items.length} of ${of} traces of ${study.config.name}, ${rule}\n`);
    });
}

type ReviewOptions = StudyOptions & {
  readonly trace?: string;
  readonly reader?: string;
  readonly decision?: string;
  readonly reason: readonly string[];
  readonly edit?: string;
} & Partial<Readonly<Record<Rating, number>>>;

function addReviewing(traces: Command): Command {
  const command = takesVariant(traces.command("review"))
    .argument("[file]", "reviews, one JSON object a line; without it, one review by the options")
    .description("add reviews of a study's traces; SFT goes by them when it runs next")
    .option("--trace <hash>", "the trace: its hash, the beginning of it, or its image's id")
    .option("--reader <name>", "who has read it")
    .addOption(new Option("--decision <name>", "what is to be done with it").choices(DECISIONS))
    .option(
      "--reason <text>",
      "why (may be repeated)",
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option("--edit <file>", "the whole answer as it should be, for an edit")
    .option("--json", "one object on stdout");
  for (const rating of RATINGS) command.option(`--${rating} <1-5>`, `how ${rating} it is`, wholeNumber);
  return command.action(async (file: string, reviews: string | undefined, options: ReviewOptions) => {
    const study = await variantStudyOf(file, options);
    report(
      reviews === undefined
        ? await reviewed(options, (...args) => addReview(study, ...args))
        : await importReviews(study, reviews),
      options,
    );
  });
}

/** One review from the options, at the present time. */
async function reviewed(
  { trace, reader, decision, reason, edit, ...options }: ReviewOptions,
  add: (trace: string, review: object) => Promise<AddedReviews>,
): Promise<AddedReviews> {
  if (trace === undefined || reader === undefined || decision === undefined)
    throw new UserError("give a file of reviews, or --trace, --reader and --decision", 2);
  const rated = RATINGS.flatMap((rating) =>
    options[rating] === undefined ? [] : [[rating, options[rating]]],
  );
  const text = edit === undefined ? {} : { text: await textOf(edit) };
  const time = new Date().toISOString();
  return add(trace, { reader, time, decision, reasons: reason, ratings: Object.fromEntries(rated), ...text });
}

async function textOf(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trimEnd();
  } catch (error) {
    throw new UserError(`--edit ${file} cannot be read: ${messageOf(error)}`, 2, { cause: error });
  }
}

function report({ file, added, known }: AddedReviews, { json }: StudyOptions): void {
  if (json === true) printJson({ schema: "chexreason.traces-review/1", file, added, known });
  process.stderr.write(`chexreason: ${added} added to ${file}, ${known} in it already\n`);
}

function addAgreement(traces: Command): Command {
  return takesVariant(traces.command("agreement"))
    .description("say how far the readers of a study's traces agree")
    .addOption(
      new Option("--weights <name>", "of the ratings' kappa").choices(KAPPA_WEIGHTS).default("quadratic"),
    )
    .option("--resamples <count>", "bootstrap draws of patients", wholeNumber, 2000)
    .option("--json", "one object on stdout")
    .action(
      async (
        file: string,
        { weights, resamples, ...options }: StudyOptions & { weights: KappaWeights; resamples: number },
      ) => {
        const study = await variantStudyOf(file, options);
        const agreement = await studyAgreement(study, { weights, resamples });
        if (options.json === true) printJson(agreement);
        else process.stdout.write(renderAgreement(agreement));
      },
    );
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("give a whole number from 1.");
  return Number(text);
}

function printJson(object: object): void {
  process.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
}
