import path from "node:path";
import { verifyImages } from "../images/verify.ts";
import { imageKey, type LookAtPictures, type PictureFinding } from "./picture.ts";

export interface LookOptions {
  /** The folder that a site's image paths are relative to. */
  readonly rootOf: (site: string) => string;
  /** Pixel hashes that are known already, by `imageKey`: those files are not opened. */
  readonly hashes?: ReadonlyMap<string, string>;
  /** A file that is not there: still to be fetched (the default), or as unusable as a broken one. */
  readonly missing?: "await" | "replace";
  readonly onProgress?: (done: number, total: number) => void;
}

/** Decodes files to their end, several at a time. */
export function lookAtPictures(options: LookOptions): LookAtPictures {
  const { rootOf, hashes, missing = "await", onProgress } = options;
  return async (records) => {
    const known = records.map((record) => hashes?.get(imageKey(record)));
    const unknown = records.filter((_, index) => known[index] === undefined);
    const files = unknown.map(({ site, image }) => path.join(rootOf(site), image));
    const verified = await verifyImages(files, onProgress === undefined ? {} : { onProgress });
    let next = 0;
    return known.map((hash): PictureFinding => {
      if (hash !== undefined) return { kind: "readable", hash };
      const image = verified[next++];
      if (image === undefined) throw new Error("lookAtPictures: a file was not looked at");
      if (image.outcome === "ok") return { kind: "readable", hash: image.hash };
      if (image.outcome !== "missing file") {
        const detail = `${image.outcome}: ${image.detail}`;
        return { kind: "unusable", reason: "unreadable image", detail };
      }
      return missing === "await"
        ? { kind: "awaited" }
        : { kind: "unusable", reason: "missing file", detail: "" };
    });
  };
}
