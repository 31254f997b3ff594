import type { ImageRecord } from "../../datasets/record.ts";
import type { Label } from "../../labels/label.ts";
import { AGE_BANDS, ageBand } from "./age-band.ts";

/** What readings are parted by. `device`: whether the truth has Support Devices. */
export const SUBGROUP_AXES = ["sex", "age", "view", "device"] as const;
export type SubgroupAxis = (typeof SUBGROUP_AXES)[number];

/** Of which the table says nothing, or nothing known. Described, never compared. */
export const NOT_STATED = "not stated";

/** Every group of an axis, in the order of its table. */
export const SUBGROUPS: Readonly<Record<SubgroupAxis, readonly string[]>> = {
  sex: ["female", "male", NOT_STATED],
  age: [...AGE_BANDS.map(({ name }) => name), NOT_STATED],
  view: ["AP", "PA", "frontal, AP or PA not said", "lateral", NOT_STATED],
  device: ["device present", "no device", NOT_STATED],
};

/** What a record has to say for itself to be put into groups. */
export type GroupedRecord = Pick<ImageRecord, "sex" | "age" | "view">;

/**
 * The group that an image falls into.
 * @param truth its positive labels
 * @param stated the labels that its hospital can state; without Support Devices among them nobody knows of devices
 */
export function subgroupOf(
  axis: SubgroupAxis,
  record: GroupedRecord,
  truth: readonly Label[],
  stated: readonly Label[],
): string {
  switch (axis) {
    case "sex":
      return record.sex === null ? NOT_STATED : { F: "female", M: "male" }[record.sex];
    case "age":
      return record.age === null ? NOT_STATED : ageBand(record.age);
    case "view":
      return VIEW_GROUPS[record.view];
    case "device":
      if (!stated.includes("Support Devices")) return NOT_STATED;
      return truth.includes("Support Devices") ? "device present" : "no device";
  }
}

const VIEW_GROUPS: Readonly<Record<ImageRecord["view"], string>> = {
  AP: "AP",
  PA: "PA",
  frontal: "frontal, AP or PA not said",
  lateral: "lateral",
  unknown: NOT_STATED,
};
