import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ratioChart } from "../../bench/peers/ratio-chart.ts";
import { renderBenchmarks } from "../../bench/peers/render-benchmarks.ts";
import { type BenchResults, resultsSchema } from "../../bench/peers/results-schema.ts";
import { CHART_FILE, RESULTS_FILE, TEXT_FILE } from "../../bench/peers/write-benchmarks.ts";

const STALE = "is stale: npx tsx bench/peers/write-benchmarks.ts";

describe("the documents of the benchmark", () => {
  it("are there when its results are, and only then", () => {
    for (const file of [TEXT_FILE, CHART_FILE]) expect(existsSync(file), file).toBe(existsSync(RESULTS_FILE));
  });

  it.runIf(existsSync(RESULTS_FILE))("say what its results say", async () => {
    const results: BenchResults = resultsSchema.parse(JSON.parse(readFileSync(RESULTS_FILE, "utf8")));
    expect(readFileSync(TEXT_FILE, "utf8"), `${TEXT_FILE} ${STALE}`).toBe(renderBenchmarks(results));
    expect(readFileSync(CHART_FILE, "utf8"), `${CHART_FILE} ${STALE}`).toBe(
      await ratioChart(results.comparisons),
    );
  });
});
