import type { SiteStyle } from "../../datasets/phantom/site.ts";
import type { Prompt } from "../../prompts/prompt.ts";
import type { AskingSettings } from "../read-radiographs.ts";

/** What takes a hidden region's place: the picture's mean grey, or the same place of another patient's picture. */
export const FILLS = ["mean", "swap"] as const;
export type Fill = (typeof FILLS)[number];

/** How the shortcut probe asks and counts. Answers are greedy. */
export interface ProbeSettings extends Omit<AskingSettings, "temperature"> {
  readonly prompt: Prompt;
  /** The model that this one was trained from, asked the same: an adapter, empty for the base model; absent: none is. */
  readonly earlier?: string;
  /** Folder that the records' image paths are relative to. */
  readonly root: string;
  readonly fill: Fill;
  readonly resamples: number;
  readonly level: number;
}

/** How a phantom hospital was drawn, and the style that it is switched to. */
export interface StyleSwitch {
  /** Pixels of a picture's side. */
  readonly size: number;
  /** The seed that the hospital was drawn with. */
  readonly planSeed: number;
  readonly style: { readonly own: SiteStyle; readonly other: SiteStyle };
}
