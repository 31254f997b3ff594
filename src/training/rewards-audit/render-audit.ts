import type { RewardAudit, RewardsAudit } from "./audit-rewards.ts";

/** The audit for people. */
export function renderAudit(audit: RewardsAudit): string {
  const { rows, setAside, withoutPositive, paid, bestConstant: best } = audit;
  const aside = Object.entries(setAside).map(([reason, count]) => `${reason} ${count}`);
  return [
    `${rows} rows: ${paid} with a positive label are paid for, ${withoutPositive} without one are not` +
      `${aside.length === 0 ? "" : `; set aside: ${aside.join(", ")}`}`,
    `best constant by Jaccard: ${best.labels.join(", ")}: ${best.jaccard.toFixed(3)} ` +
      `(${best.jaccardAll.toFixed(3)} with the rows without a positive label counted 0)`,
    ...audit.rewards.flatMap(renderReward),
    "",
  ].join("\n");
}

function renderReward({ reward, readers, bestBlind, breakEven }: RewardAudit): string[] {
  const width = Math.max(...readers.map(({ name }) => name.length));
  return [
    "",
    `${reward} reward`,
    ...readers.map(({ name, reward: mean, components }) => {
      const parts = Object.entries(components).filter(([, value]) => value !== 0);
      return `  ${name.padEnd(width)}  ${pay(mean)}  ${parts.map(([part, value]) => `${part} ${value.toFixed(3)}`).join(", ")}`;
    }),
    `  best without looking: ${bestBlind.pay.toFixed(3)} (${bestBlind.name})`,
    ...breakEven.map(
      ({ specificity, sensitivity }) =>
        `  a reader of specificity ${specificity} earns as much from a sensitivity of ${sensitivity?.toFixed(2) ?? "(none does)"}`,
    ),
  ];
}

const pay = (value: number): string => value.toFixed(3).padStart(9);
