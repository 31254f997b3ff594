import type { Transfer } from "./transfer.ts";
import type { Verdict } from "./verdict.ts";

/** Whether the last step (from SFT to GRPO, where there is GRPO) has this verdict at every away hospital. */
export function meetsRequirement({ contrasts }: Pick<Transfer, "contrasts">, required: Verdict): boolean {
  const last = contrasts.at(-1);
  return (
    last !== undefined &&
    contrasts
      .filter(({ from, to }) => from === last.from && to === last.to)
      .every(({ verdict }) => verdict === required)
  );
}
