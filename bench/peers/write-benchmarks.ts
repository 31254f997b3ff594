import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { writeFileAtomic } from "../../src/util/files.ts";
import { ratioChart } from "./ratio-chart.ts";
import { renderBenchmarks } from "./render-benchmarks.ts";
import { type BenchResults, resultsSchema } from "./results-schema.ts";

/** What `npm run bench` leaves; the two documents are made of it alone. */
export const RESULTS_FILE = path.join(PACKAGE_ROOT, "bench/results/peers.json");
export const TEXT_FILE = path.join(PACKAGE_ROOT, "docs/benchmarks.md");
export const CHART_FILE = path.join(PACKAGE_ROOT, "docs/benchmarks.svg");

/**
 * Writes docs/benchmarks.md and docs/benchmarks.svg.
 *
 *     npx tsx bench/peers/write-benchmarks.ts      # from bench/results/peers.json, without measuring
 */
export async function writeBenchmarks(results: BenchResults): Promise<void> {
  await writeFileAtomic(TEXT_FILE, renderBenchmarks(results));
  await writeFileAtomic(CHART_FILE, await ratioChart(results.comparisons));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeBenchmarks(resultsSchema.parse(JSON.parse(readFileSync(RESULTS_FILE, "utf8"))));
