import type { Line } from "../charts/line-chart.ts";
import type { GrpoPoint } from "../report-input.ts";

/** A value of GRPO's rollouts as a line: none where no rollout has it. */
export function grpoLine(
  points: readonly GrpoPoint[],
  name: string,
  of: (point: GrpoPoint) => number | undefined,
): Line[] {
  const values = points.flatMap((point) => {
    const y = of(point);
    return y === undefined ? [] : [{ x: point.step, y }];
  });
  return values.length === 0 ? [] : [{ name, points: values }];
}
