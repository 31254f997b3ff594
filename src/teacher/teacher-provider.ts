import type { ImageRecord } from "../datasets/record.ts";
import type { Label } from "../labels/label.ts";
import type { Prompt } from "../prompts/prompt.ts";

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
}

/** What came back. */
export interface TeacherAnswer {
  /** The completion, in the prompt's answer contract. */
  readonly text: string;
  readonly finish: "stop" | "length";
  /** The version that the provider says answered; stored with the trace. */
  readonly modelVersion: string;
}

/** Whoever writes traces: a program that words labels, or a large model behind an address. */
export interface TeacherProvider {
  readonly name: string;
  /** The version that is asked for. An answer of another version stops the run. */
  readonly modelVersion: string;
  write(request: TeacherRequest): Promise<TeacherAnswer>;
}
