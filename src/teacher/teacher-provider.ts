import type { ImageRecord } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { Prompt } from "../prompts/prompt.ts";
import type { TraceFaultReason } from "./check-trace.ts";

/** One reading asked of a teacher. */
export interface TeacherRequest {
  /** The record as its hospital's files describe it. A provider that sends the picture finds it by `image`. */
  readonly record: ImageRecord;
  /** The labels it is given: the positive ones of the training labeler, never a sidecar's truth. Not empty. */
  readonly labels: readonly Label[];
  /** The prompt that the student will be asked, and whose contract the answer has to keep. */
  readonly prompt: Prompt;
  /** For providers that draw; the same seed gives the same reading where the provider can promise that. */
  readonly seed: number;
  /** How many answers to this request were thrown out before; default 0. */
  readonly attempt?: number;
  /** Why the last of them was, so that the teacher can do better. */
  readonly remark?: TraceFaultReason;
  /** Once aborted, no further call is begun; one under way is seen to its end, since it is paid for. */
  readonly stop?: AbortSignal;
}

/** What came back. */
export interface TeacherAnswer {
  /** The completion, in the prompt's answer contract. */
  readonly text: string;
  readonly finish: "stop" | "length";
  /** The version that the provider says answered; stored with the trace. */
  readonly modelVersion: string;
}

/** Why a teacher gave no answer for one image, while others may well get theirs. */
export const NO_ANSWER_REASONS = ["no answer", "declined", "unreadable image"] as const;

/** No answer for one image: it is set aside with the reason, and the run goes on. */
export class NoAnswer extends Error {
  readonly reason: (typeof NO_ANSWER_REASONS)[number];

  constructor(reason: (typeof NO_ANSWER_REASONS)[number], detail: string) {
    super(detail);
    this.name = "NoAnswer";
    this.reason = reason;
  }
}

/** Whoever writes traces: a program that words labels, or a large model behind an address. */
export interface TeacherProvider {
  readonly name: string;
  /**
   * The version that is asked for; null where the first answer says. An answer of another version stops the run.
   */
  readonly modelVersion: string | null;
  /** Hash of the instructions it works by; absent for a teacher that has none. */
  readonly instructionHash?: string;
  /**
   * @throws NoAnswer when there is none for this image
   * @throws UserError when no image will get one
   */
  write(request: TeacherRequest): Promise<TeacherAnswer>;
}
