import { z } from "zod";

/** What a stage leaves in its record for the stages after it. Folders are relative to the study's. */
export const dataFactsSchema = z.looseObject({ root: z.string() });
/** What readers made of the traces that were learnt from; a run from before there were reviews has none. */
export const reviewFactsSchema = z.looseObject({
  traces: z.int(),
  reviewed: z.int(),
  readers: z.int(),
  edited: z.int(),
  rejected: z.int(),
});
export const sftFactsSchema = z.looseObject({
  folder: z.string(),
  adapter: z.string(),
  bestStep: z.int(),
  reviews: reviewFactsSchema.optional(),
});
export const grpoFactsSchema = z.looseObject({
  folder: z.string(),
  adapters: z.object({ best: z.string(), last: z.string() }),
  bestRollout: z.int(),
});
/** How many were left out, by reason. */
export const countsSchema = z.record(z.string(), z.number());
