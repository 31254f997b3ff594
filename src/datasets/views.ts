import type { View } from "./record.ts";

/** DICOM's ViewPosition as MIMIC writes it. Oblique, axial and decubitus views are neither frontal nor lateral. */
export function mimicView(text: string): View {
  if (text === "AP" || text === "PA") return text;
  return ["LATERAL", "LL", "RL", "XTABLE LATERAL"].includes(text) ? "lateral" : "unknown";
}

/** The view in any case; blank is unknown, which a folder's images may be; null is a word that means no view. */
export function folderView(text: string): View | null {
  switch (text.toLowerCase()) {
    case "":
    case "unknown":
      return "unknown";
    case "ap":
      return "AP";
    case "pa":
      return "PA";
    case "frontal":
      return "frontal";
    case "lateral":
      return "lateral";
    default:
      return null;
  }
}

/** Whether a view is from the front, AP or PA or not said which. */
export function isFrontal(view: View): boolean {
  return view === "AP" || view === "PA" || view === "frontal";
}
