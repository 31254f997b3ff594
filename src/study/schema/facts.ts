import { z } from "zod";

/** What a stage leaves in its record for the stages after it. Folders are relative to the study's. */
export const dataFactsSchema = z.looseObject({ root: z.string() });
export const sftFactsSchema = z.looseObject({ folder: z.string(), adapter: z.string(), bestStep: z.int() });
export const grpoFactsSchema = z.looseObject({
  folder: z.string(),
  adapters: z.object({ best: z.string(), last: z.string() }),
});
/** How many were left out, by reason. */
export const countsSchema = z.record(z.string(), z.number());
