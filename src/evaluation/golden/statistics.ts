import { readFileSync } from "node:fs";
import { z } from "zod";

const numbers = z.array(z.number());

/** What scipy and statsmodels give; written by generate_statistics.py beside this file. For specs only. */
export const goldenStatistics = z
  .object({
    normalCdf: z.array(z.tuple([z.number(), z.number()])),
    normalQuantile: z.array(z.tuple([z.number(), z.number()])),
    betaCdf: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
    betaQuantile: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
    bca: z.array(
      z.object({
        name: z.string(),
        level: z.number(),
        value: z.number(),
        replicates: numbers,
        jackknife: numbers,
        low: z.number(),
        high: z.number(),
      }),
    ),
    mcnemar: z.array(
      z.object({ pair: z.tuple([z.number(), z.number()]), exact: z.number(), mid: z.number() }),
    ),
    holm: z.array(z.object({ p: numbers, adjusted: numbers })),
  })
  .parse(JSON.parse(readFileSync(new URL("statistics.json", import.meta.url), "utf8")));
