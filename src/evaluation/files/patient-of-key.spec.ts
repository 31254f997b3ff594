import { expect, it } from "vitest";
import { patientOfKey } from "./patient-of-key.ts";

it.each([
  ["CheXpert-v1.0/test/patient64741/study1", "patient64741"],
  ["test/patient64741/study1/view1_frontal.jpg", "patient64741"],
  ["files/p10/p10000032/s50414267/02aa804e.jpg", "p10000032"],
  ["images_001/images/00000061_012.png", "00000061"],
  ["00000061_012.png", "00000061"],
  ["patients.csv", null],
  ["02aa804e-bde0afdd", null],
  ["", null],
])("the patient of %s is %s", (key, patient) => {
  expect(patientOfKey(key)).toBe(patient);
});
