import path from "node:path";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import type { BenchResults } from "./results-schema.ts";

export const RESULTS_FILE = path.join(PACKAGE_ROOT, "bench/results/peers.json");

export async function writeBenchmarks(_results: BenchResults): Promise<void> {}
