import type { JsonLine } from "../../util/json-line-file.ts";
import { UserError } from "../../util/user-error.ts";
import type { Trace } from "../trace.ts";
import { editedTrace } from "./edited-trace.ts";
import type { Review } from "./review.ts";
import { traceHash } from "./trace-hash.ts";

/**
 * Holds new reviews against the traces they judge: each trace is there, and every edit can be learnt from.
 * Throws a UserError that names the place of the first that fails.
 */
export function checkReviews(
  lines: readonly Pick<JsonLine<Review>, "row" | "where">[],
  traces: readonly Trace[],
): void {
  const byHash = new Map(traces.map((trace) => [traceHash(trace), trace]));
  for (const { row, where } of lines) {
    const trace = byHash.get(row.trace);
    if (trace === undefined)
      throw new UserError(
        `${where}: there is no trace ${row.trace.slice(0, 12)}...; review the traces as they are now (traces sample)`,
      );
    if (row.decision !== "edit") continue;
    const result = editedTrace(trace, row.text);
    if (result.outcome === "fault")
      throw new UserError(
        `${where}: the edit of ${trace.id}: ${result.fault.reason} (${result.fault.detail}); correct the text, or reject the trace`,
      );
  }
}
