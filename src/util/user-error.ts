/**
 * An error the user can act on. Its message is one line: what is wrong, where (file, row, key), what to do.
 * The command line prints it without a stack; anything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  /** Exit code of the command line: 1 error, 2 usage or configuration, 3 environment. */
  readonly exitCode: 1 | 2 | 3;

  constructor(message: string, exitCode: 1 | 2 | 3 = 1, options?: ErrorOptions) {
    super(message.replace(/\s*\n\s*/g, " "), options);
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
