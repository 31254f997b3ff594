import { z } from "zod";
import { LABELS } from "../../labels/label.ts";
import type { CollapseEvent, GrpoPoint, GrpoRunFacts, SftCurves } from "../../report/report-input.ts";
import { readJsonLines } from "../../training/json-lines.ts";

const sftRowSchema = z.looseObject({
  kind: z.enum(["step", "validation"]),
  step: z.int(),
  loss: z.number(),
  tokenAccuracy: z.number(),
});

/** The curves of an SFT run, from its metrics.jsonl. */
export async function sftCurves(metricsFile: string, bestStep: number): Promise<SftCurves> {
  const rows = (await readJsonLines(metricsFile)).map((row) => sftRowSchema.parse(row));
  const of = (wanted: "step" | "validation") =>
    rows
      .filter(({ kind }) => kind === wanted)
      .map(({ step, loss, tokenAccuracy }) => ({ step, loss, tokenAccuracy }));
  return { training: of("step"), validation: of("validation"), bestStep };
}

const rolloutRowSchema = z.looseObject({
  kind: z.literal("rollout"),
  rollout: z.int(),
  reward: z.number(),
  components: z.record(z.string(), z.number()),
  length: z.number(),
  failureRate: z.number(),
  failures: z.record(z.string(), z.number()).optional(),
  truncated: z.number().optional(),
  looping: z.number().optional(),
  sameText: z.number().optional(),
  labelShares: z.partialRecord(z.enum(LABELS), z.number()),
  updates: z.array(
    z.looseObject({
      // null: not finite; the update was skipped.
      kl: z.number().nullable(),
      clipFraction: z.number().nullable(),
      entropy: z.number().nullable(),
      gradientNorm: z.number().nullable(),
    }),
  ),
});
const validationRowSchema = z.looseObject({
  kind: z.literal("validation"),
  rollout: z.int(),
  jaccard: z.number().nullable().default(null),
  jaccardValid: z.number().nullable().default(null),
  failureRate: z.number().nullable().default(null),
});
const collapseRowSchema = z.looseObject({
  kind: z.literal("collapse"),
  rollout: z.int(),
  alarms: z.array(z.looseObject({ rule: z.string(), detail: z.string() })),
  action: z.string(),
  to: z.int().optional(),
});
const grpoRowSchema = z.discriminatedUnion("kind", [
  rolloutRowSchema,
  validationRowSchema,
  collapseRowSchema,
]);

/** What a GRPO run wrote down, from its metrics.jsonl. */
export interface GrpoCurves {
  /** One a rollout; a value of several updates is their mean. */
  readonly points: readonly GrpoPoint[];
  readonly validations: GrpoRunFacts["validations"];
  readonly collapses: readonly CollapseEvent[];
}

/** The curves of a GRPO run, from its metrics.jsonl. */
export async function grpoCurves(metricsFile: string): Promise<GrpoCurves> {
  const rows = (await readJsonLines(metricsFile)).map((row) => grpoRowSchema.parse(row));
  return {
    points: rows.flatMap((row) => (row.kind === "rollout" ? [pointOf(row)] : [])),
    validations: rows.flatMap((row) => {
      if (row.kind !== "validation") return [];
      const { rollout, jaccard, jaccardValid, failureRate } = row;
      return [{ rollout, jaccard, jaccardValid, failureRate }];
    }),
    collapses: rows.flatMap((row) => {
      if (row.kind !== "collapse") return [];
      const alarms = row.alarms.map(({ rule, detail }) => ({ rule, detail }));
      return [{ rollout: row.rollout, alarms, action: row.action, to: row.to ?? null }];
    }),
  };
}

function pointOf(row: z.infer<typeof rolloutRowSchema>): GrpoPoint {
  const { rollout, reward, components, length, failureRate, failures, labelShares, updates } = row;
  const { truncated, looping, sameText } = row;
  return {
    step: rollout,
    reward,
    components,
    completionLength: length,
    ...meanOf("entropy", updates),
    ...meanOf("kl", updates),
    ...meanOf("clipFraction", updates),
    ...meanOf("gradientNorm", updates),
    failureShare: failureRate,
    // A run from before these were logged has none.
    ...(failures === undefined ? {} : { failureReasons: failures }),
    ...(truncated === undefined ? {} : { truncated }),
    ...(looping === undefined ? {} : { looping }),
    ...(sameText === undefined ? {} : { sameText }),
    labelShares,
  };
}

/** The mean of the values that there are; nothing where there is none. */
function meanOf<Name extends "entropy" | "kl" | "clipFraction" | "gradientNorm">(
  name: Name,
  updates: readonly Readonly<Record<Name, number | null>>[],
): Partial<Record<Name, number>> {
  const values = updates.map((update) => update[name]).filter((value) => value !== null);
  if (values.length === 0) return {};
  const mean: Partial<Record<Name, number>> = {};
  mean[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean;
}
