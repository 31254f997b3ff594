import { z } from "zod";
import { EngineError } from "./engine-error.ts";

/** What a Forward over several ranks left behind on each, and what its gradients must look like. */
const ticketSchema = z.object({
  /** Each rank's own ticket; null where it had nothing to compute. */
  tickets: z.array(z.string().nullable()),
  /** Tokens of each completion, (groups, completions). */
  shape: z.array(z.array(z.int())),
});
export type PooledTicket = z.infer<typeof ticketSchema>;

const PREFIX = "ranks:";

/** The ranks' tickets as one. All that Backward needs is in the text, also of a ticket that was used. */
export const writeTicket = (ticket: PooledTicket): string => `${PREFIX}${JSON.stringify(ticket)}`;

/** @throws EngineError `unknown` for a text that is no pooled ticket */
export function readTicket(text: string): PooledTicket {
  try {
    if (text.startsWith(PREFIX)) return ticketSchema.parse(JSON.parse(text.slice(PREFIX.length)));
  } catch {
    // said below
  }
  throw new EngineError("unknown", `engine: ticket ${JSON.stringify(text)} is unknown to these ranks`);
}
