/** Money set aside for calls under way, so that no call is begun whose price might pass the cap. USD. */
export interface SpendingCap {
  /**
   * Sets aside the most a call may cost. Where it does not fit, it waits for calls under way, which mostly cost less than
   * was set aside for them; `refused` when none is under way and it still does not fit.
   */
  reserve(atMost: number): Promise<"reserved" | "refused">;
  /** Gives the reservation back and books what the call cost. */
  settle(reserved: number, cost: number): void;
  spent(): number;
}

/**
 * @param cap USD; null: none
 * @param spent USD spent before, by an interrupted run
 */
export function spendingCap(cap: number | null, spent: number): SpendingCap {
  let booked = spent;
  let reserved = 0;
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const fits = (amount: number): boolean => cap === null || booked + reserved + amount <= cap;
  return {
    async reserve(atMost) {
      while (!fits(atMost)) {
        if (underWay === 0) return "refused";
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      reserved += atMost;
      underWay += 1;
      return "reserved";
    },
    settle(amount, cost) {
      underWay -= 1;
      // Sums of floats: nothing reserved is exactly nothing.
      reserved = underWay === 0 ? 0 : reserved - amount;
      booked += cost;
      for (const resume of waiting.splice(0)) resume();
    },
    spent: () => booked,
  };
}
