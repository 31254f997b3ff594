import type { z } from "zod";
import { countText } from "../../util/count-text.ts";
import type { reviewFactsSchema } from "../schema/facts.ts";

/** What the report says, among what nobody has checked, of how far people have read the traces. */
export function reviewNote(reviews: z.infer<typeof reviewFactsSchema> | undefined): string {
  if (reviews === undefined || reviews.reviewed === 0) return "Nobody has reviewed the teacher's traces.";
  const { traces, reviewed, readers, edited, rejected } = reviews;
  const rest = traces - reviewed;
  return (
    `Of the teacher's ${countText(traces, "trace")}, ${reviewed} ${reviewed === 1 ? "was" : "were"} reviewed, by ` +
    `${countText(readers, "reader")}: ${edited} edited, ${rejected} rejected. ` +
    (rest === 0 ? "No trace is unread." : `Nobody has reviewed the other ${rest}.`)
  );
}
