import { UserError } from "../util/user-error.ts";

/**
 * Refuses to train on nothing, or to choose a checkpoint by nothing.
 * @throws UserError that names the empty set.
 */
export function requireExamples(sets: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [name, examples] of Object.entries(sets))
    if (examples.length === 0)
      throw new UserError(`training: the ${name} set is empty; give it at least one example`);
}
