import type { Label } from "../../labels/label.ts";
import { findObject } from "../find-object.ts";
import { parseCompletion } from "../parse-completion.ts";
import type { FailureReason } from "../parsed-completion.ts";
import type { Dialect, DialectFailure } from "./dialect.ts";
import { findJsonLabels } from "./find-json-labels.ts";
import { findList } from "./find-list.ts";
import { findTagged } from "./find-tagged.ts";
import { readEntries } from "./read-entries.ts";

/** What an answer says: labels, or one named reason why not. */
export type DialectAnswer =
  | {
      readonly outcome: "labels";
      /** Each once, in canonical order, never empty. */
      readonly labels: readonly Label[];
      readonly unknown: readonly string[];
      readonly duplicates: readonly Label[];
    }
  | {
      readonly outcome: "failed";
      readonly reason: FailureReason | DialectFailure;
      readonly unknown: readonly string[];
    };

/** The list that an answer holds, or why there is none. `alone`: nothing but the list's content says that it is one. */
export type FoundList =
  | { readonly outcome: "list"; readonly text: string; readonly alone?: true }
  | { readonly outcome: "failed"; readonly reason: DialectFailure };

export interface AnswerSettings {
  readonly dialect: Dialect;
  /** How the text ended: by itself, or at the token limit. */
  readonly finish: "stop" | "length";
}

/**
 * Reads the labels of an answer in a named dialect. Total: gives an answer for every string, in linear time. A text of
 * another dialect is a failure, even where its words are those of labels.
 */
export function readAnswer(text: string, { dialect, finish }: AnswerSettings): DialectAnswer {
  if (dialect === "solution") return parseCompletion(text, { finish, mode: "lenient" });
  const found = FIND[dialect](text, finish);
  if (found.outcome === "failed") return { ...found, unknown: [] };
  return readEntries(found.text, found.alone);
}

type Find = (text: string, finish: AnswerSettings["finish"]) => FoundList;

const FIND: Readonly<Record<Exclude<Dialect, "solution">, Find>> = {
  "answer-tags": findTagged,
  "findings-list": findList,
  "labels-json": findJsonLabels,
  "conclusion-object": (text, finish) => {
    const found = findObject(text);
    if (found === null) return { outcome: "failed", reason: finish === "length" ? "cut off" : "no answer" };
    if (found.outcome === "failed") return { outcome: "failed", reason: "two answers" };
    return { outcome: "list", text: found.solution };
  },
};
