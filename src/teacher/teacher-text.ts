import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { describeIssue } from "../util/describe-issue.ts";
import { hashBytes } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { TRACE_FAULTS } from "./check-trace.ts";

const once = (mark: string) =>
  [(text: string) => text.split(mark).length === 2, `must hold ${mark} exactly once`] as const;

const teacherTextSchema = z.strictObject({
  version: z.int().positive(),
  system: z.string().min(1),
  user: z
    .string()
    .refine(...once("{question}"))
    .refine(...once("{labels}")),
  remarks: z.record(z.enum(TRACE_FAULTS), z.string().min(1)),
});

/** What a language model is told when it is the teacher. */
export interface TeacherText extends z.infer<typeof teacherTextSchema> {
  /** SHA-256 of everything it may be told, hex; stored with every trace. */
  readonly hash: string;
}

/**
 * Reads a file of the teacher's instructions.
 * @throws UserError naming the file and the key
 */
export function readTeacherText(file: string): TeacherText {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`teacher text ${file} cannot be read: ${messageOf(error)}`, 2, { cause: error });
  }
  const parsed = teacherTextSchema.safeParse(content);
  if (!parsed.success)
    throw new UserError(`teacher text ${file}: ${describeIssue(parsed.error, "the file")}`, 2);
  return { ...parsed.data, hash: hashBytes(JSON.stringify(parsed.data)) };
}

let builtin: TeacherText | null = null;

/** The instructions that come with chexreason. */
export function teacherText(): TeacherText {
  builtin ??= readTeacherText(fileURLToPath(new URL("./texts/teacher.yaml", import.meta.url)));
  return builtin;
}
