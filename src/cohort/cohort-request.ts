import type { View } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { LabelPolicy } from "../labels/policy.ts";

/** What to draw from one hospital. */
export interface CohortRequest {
  /** Images in each set. */
  readonly sft: number;
  readonly rl: number;
  readonly validation: number;
  /**
   * Images for a verdict on patients of the same hospital; none by default. `rest`: all frontal images of the patients
   * in no other set. What is left is no random draw: the balanced sets took more of the rare labels than their share.
   */
  readonly test?: number | "rest";
  readonly seed: number;
  /** Share of the sft and of the rl set that every stated label reaches at least; 0 asks for none. */
  readonly floorShare?: number;
  /** Labels that the hospital can state; a floor for another could never be reached. All 14 by default. */
  readonly stated?: readonly Label[];
  readonly policy?: LabelPolicy;
  /** Views to draw from; AP and PA by default. */
  readonly views?: readonly View[];
}
