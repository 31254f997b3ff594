/** How the patient stood to the plate: the anatomical frame moved, scaled about its middle, and turned (radians). */
export interface Pose {
  readonly dx: number;
  readonly dy: number;
  readonly scale: number;
  readonly turn: number;
}

/** The corners of a picture in which markers lie. */
export const CORNERS = ["top left", "top right", "bottom left", "bottom right"] as const;
export type Corner = (typeof CORNERS)[number];

export interface Marker {
  readonly text: string;
  readonly corner: Corner;
  /** Height of the letters as a share of the side. */
  readonly height: number;
  /** Distance from both edges. */
  readonly inset: number;
}

/** How one picture was taken: what its hospital's style decides, and nothing about the patient. */
export interface Exposure {
  readonly pose: Pose;
  /** Shift of the grey curve's middle (positive is brighter) and its steepness (1 is ordinary). */
  readonly brightness: number;
  readonly contrast: number;
  /** Standard deviation of the grain, in grey levels of 0 to 1, and the seed of its pattern. */
  readonly noise: number;
  readonly noiseSeed: number;
  /** Blur, 0 none, 1 a full 3 x 3 binomial at 224 pixels. */
  readonly blur: number;
  /** Shares of the side that the collimator shuts off, black. */
  readonly collimation: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
  readonly markers: readonly Marker[];
}

/** What a planted shortcut puts into a picture. */
export const SHORTCUT_KINDS = ["corner", "device", "border", "contrast"] as const;
export type ShortcutKind = (typeof SHORTCUT_KINDS)[number];
