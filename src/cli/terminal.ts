import type { Progress } from "../util/progress.ts";

/** Milliseconds between two lines of progress where the output is no terminal (a log file). */
const LINE_EVERY_MS = 15_000;
/** Milliseconds between two redrawings of the progress line. */
const REDRAW_EVERY_MS = 100;

/** What people read while a command works. All of it goes to stderr: stdout is for data. */
export interface Terminal {
  say(line: string): void;
  progress(stage: string, progress: Progress): void;
}

/** Writes to stderr: one line that is redrawn on a terminal, a line now and then elsewhere. */
export function terminal(stream: NodeJS.WriteStream = process.stderr): Terminal {
  let drawn = false;
  let last = Number.NEGATIVE_INFINITY;
  const pace = paceOf();
  const erase = (): void => {
    if (drawn) stream.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    say(line) {
      erase();
      stream.write(`${line}\n`);
    },
    progress(stage, progress) {
      const now = performance.now();
      const remaining = pace(stage, progress, now);
      const isLast = progress.done >= progress.total;
      if (now - last < (stream.isTTY ? REDRAW_EVERY_MS : LINE_EVERY_MS) && !(isLast && stream.isTTY)) return;
      last = now;
      const line = `  ${progressText(progress, remaining)}`;
      erase();
      if (stream.isTTY) stream.write(line.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      else stream.write(`${line}\n`);
      drawn = stream.isTTY === true;
    },
  };
}

interface Pace {
  /** Done in a second. */
  readonly rate: number;
  /** Until all is done. */
  readonly secondsLeft: number;
}

/** "  128 of 400 readings, 12.1/s, 22 s left, loss 0.412" */
export function progressText({ done, total, unit, note }: Progress, pace: Pace | null): string {
  const parts = [`${done} of ${total} ${unit}`];
  if (pace !== null) parts.push(`${pace.rate.toPrecision(3)}/s`, `${durationText(pace.secondsLeft)} left`);
  if (note !== undefined) parts.push(note);
  return parts.join(", ");
}

/** "45 s", "12 min", "3 h 20 min". */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Measures from the first report of a piece of work, since an interrupted one begins in its middle. */
export function paceOf(): (stage: string, progress: Progress, nowMs: number) => Pace | null {
  let work = "";
  let first = { done: 0, at: 0 };
  return (stage, { done, total, unit, note }, nowMs) => {
    // A note that carries numbers (a loss) changes all the time; its first word does not.
    const name = [stage, unit, total, note?.split(" ")[0]].join("|");
    if (name !== work || done < first.done) {
      work = name;
      first = { done, at: nowMs };
    }
    const [made, seconds] = [done - first.done, (nowMs - first.at) / 1000];
    if (made <= 0 || seconds <= 0) return null;
    const rate = made / seconds;
    return { rate, secondsLeft: (total - done) / rate };
  };
}
