import { LABELS } from "../../labels/label.ts";
import type { CollapseSettings } from "../collapse-monitor.ts";
import type { GrpoExample } from "../rollout.ts";
import type { ValidationSet } from "../validate-reader.ts";

/** A training hospital's validation set, for specs. */
export function homeSet(examples: readonly GrpoExample[]): readonly ValidationSet[] {
  return [{ data: "home", stated: LABELS, examples }];
}

/** A collapse monitor that none of the specs' small rollouts sets off. */
export const UNMOVED: CollapseSettings = {
  action: "warn",
  entropyFloor: 0,
  dominance: 1,
  looping: 1,
  sameText: 1,
  patience: 1,
  restores: 2,
};
