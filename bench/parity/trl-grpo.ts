import { fileURLToPath } from "node:url";
import { compareGrpo } from "./compare-grpo.ts";

/**
 * Prints ours beside TRL's loss (trl-grpo.json, made by trl_grpo.py).
 *
 *     npx tsx bench/parity/trl-grpo.ts
 */
const { versions, cases } = compareGrpo(fileURLToPath(new URL("trl-grpo.json", import.meta.url)));
console.log(JSON.stringify(versions));
console.table(cases);
