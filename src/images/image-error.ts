import { UserError } from "../util/user-error.ts";

/** Why a file could not be read as a radiograph. */
export const IMAGE_FAILURES = [
  "missing file",
  "truncated",
  "too large",
  "unsupported format",
  "unreadable",
] as const;
export type ImageFailure = (typeof IMAGE_FAILURES)[number];

/** A file that could not be read as a radiograph, with the reason by name. */
export class ImageError extends UserError {
  readonly file: string;
  readonly failure: ImageFailure;
  readonly detail: string;

  constructor(file: string, failure: ImageFailure, detail: string, options?: ErrorOptions) {
    super(`${file}: ${failure}: ${detail}`, 1, options);
    this.name = "ImageError";
    this.file = file;
    this.failure = failure;
    this.detail = detail;
  }
}
