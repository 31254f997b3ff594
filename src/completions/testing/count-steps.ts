/**
 * A count of the work that a function does on strings, in characters touched, instead of a clock: the same run gives
 * the same count on every machine. A call of a string method is charged the characters that it may look at: 1 for
 * `charAt`, the result's length for `slice`, the whole string's for what searches or copies. A step of a regular
 * expression is charged the characters from where it began to where it ended; that is right only for expressions that
 * cannot backtrack, which `no-backtracking.spec.ts` sees to.
 */
export function countSteps(run: () => void): number {
  let steps = 0;
  const strings = String.prototype as unknown as Record<string, Method>;
  const restore: (() => void)[] = [];
  const replace = <Key extends string>(
    owner: Record<Key, Method>,
    name: Key,
    by: (original: Method) => Method,
  ): void => {
    const original = owner[name];
    if (original === undefined) throw new Error(`countSteps: there is no method ${name}`);
    owner[name] = by(original);
    restore.push(() => {
      owner[name] = original;
    });
  };
  const charge = (name: string, cost: (self: string, result: unknown) => number): void =>
    replace(strings, name, (original) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        const result = original.apply(this, args);
        steps += cost(String(this), result);
        return result;
      };
    });
  try {
    for (const name of WHOLE) charge(name, (self) => 1 + self.length);
    charge("charAt", () => 1);
    charge("slice", (_self, result) => 1 + String(result).length);
    replace(RegExp.prototype as unknown as Record<"exec", Method>, "exec", (original) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        const self = this as RegExp;
        const begun = self.global || self.sticky ? self.lastIndex : 0;
        const match = original.apply(this, args) as RegExpExecArray | null;
        const ended = match === null ? String(args[0]).length : match.index + match[0].length;
        steps += 1 + (self.sticky && match === null ? 0 : Math.max(0, ended - begun));
        return match;
      };
    });
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return steps;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const WHOLE = [
  "trim",
  "replace",
  "split",
  "matchAll",
  "indexOf",
  "lastIndexOf",
  "includes",
  "startsWith",
  "endsWith",
  "toLowerCase",
] as const;
