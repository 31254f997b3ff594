/** Who is waiting beside each promise of a loss, and the loss once it has come. */
interface Waiting {
  readonly rejects: Set<(error: unknown) => void>;
  loss: { readonly error: unknown } | null;
}

const known = new WeakMap<Promise<never>, Waiting>();

/**
 * The answer, unless `lost` rejects first: then its error. What `Promise.race([answer, lost])` would give; but a race hangs on
 * to each answer for as long as `lost` lives, which is as long as the engine does.
 */
export function unlessLost<T>(lost: Promise<never>, answer: Promise<T>): Promise<T> {
  const waiting = known.get(lost) ?? waitBeside(lost);
  return new Promise((resolve, reject) => {
    if (waiting.loss !== null) reject(waiting.loss.error);
    waiting.rejects.add(reject);
    void answer.then(resolve, reject).finally(() => waiting.rejects.delete(reject));
  });
}

function waitBeside(lost: Promise<never>): Waiting {
  const waiting: Waiting = { rejects: new Set(), loss: null };
  known.set(lost, waiting);
  lost.catch((error: unknown) => {
    waiting.loss = { error };
    for (const reject of waiting.rejects) reject(error);
  });
  return waiting;
}
