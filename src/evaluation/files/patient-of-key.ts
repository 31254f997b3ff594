/** How each hospital's paths and file names hold the patient. */
const PATIENT_IN_KEY = [
  // CheXpert-v1.0/test/patient64741/study1/view1_frontal.jpg
  /(?:^|\/)(patient\d+)(?=\/|$)/,
  // MIMIC-CXR-JPG: files/p10/p10000032/s50414267/....jpg
  /(?:^|\/)(p\d{8})(?=\/|$)/,
  // NIH ChestX-ray14: 00000061_012.png
  /(?:^|\/)(\d{8})_\d{3}\.png$/,
];

/** The patient that an image's or study's path names, where it is of a hospital known here; else null. */
export function patientOfKey(key: string): string | null {
  for (const pattern of PATIENT_IN_KEY) {
    const found = pattern.exec(key)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}
