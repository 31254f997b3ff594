import { z } from "zod";
import { LABELS } from "../../labels/label.ts";
import type { GrpoPoint, SftCurves } from "../../report/report-input.ts";
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
const grpoRowSchema = z.union([
  rolloutRowSchema,
  z.looseObject({ kind: z.enum(["validation", "collapse"]) }),
]);

/** The points of a GRPO run, one a rollout, from its metrics.jsonl; a value of several updates is their mean. */
export async function grpoPoints(metricsFile: string): Promise<GrpoPoint[]> {
  const rows = (await readJsonLines(metricsFile)).map((row) => grpoRowSchema.parse(row));
  return rows.flatMap((row) => {
    const parsed = rolloutRowSchema.safeParse(row);
    if (!parsed.success) return [];
    const { rollout, reward, components, length, failureRate, labelShares, updates } = parsed.data;
    return [
      {
        step: rollout,
        reward,
        components,
        completionLength: length,
        ...meanOf("entropy", updates),
        ...meanOf("kl", updates),
        ...meanOf("clipFraction", updates),
        ...meanOf("gradientNorm", updates),
        failureShare: failureRate,
        labelShares,
      },
    ];
  });
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
