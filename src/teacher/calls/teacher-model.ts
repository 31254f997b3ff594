import type { LicenceClass } from "../../datasets/record.ts";
import type { GreyImage } from "../../images/decode.ts";
import type { TeacherQuestion } from "../teacher-question.ts";
import type { CallOutcome } from "./call-outcome.ts";

/** One call to a language model. */
export interface TeacherCall extends TeacherQuestion {
  /** 8-bit grey pixels, without anything else that the picture's file held. */
  readonly picture: GreyImage;
  readonly licence: LicenceClass;
  /** For drawing; 31 bits. */
  readonly seed: number;
}

/** A language model that can be asked, behind an address or in the engine. */
export interface TeacherModel {
  /** e.g. `gemini gemini-2.5-pro`. */
  readonly name: string;
  /** Everything but the question that decides an answer, for the call's key. */
  readonly identity: Readonly<Record<string, string | number>>;
  /** Whether data of a class may be sent, and why; decided before a picture is opened. */
  permit(licence: LicenceClass): { readonly outcome: "allowed" | "refused"; readonly because: string };
  /** Where calls go: host, or the engine. */
  readonly to: string;
  /** One call, never repeated by itself. Resolves whatever happens, but for a bug. */
  ask(call: TeacherCall): Promise<CallOutcome>;
}
