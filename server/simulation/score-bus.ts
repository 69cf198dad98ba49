/** What was asked of devices. */
export interface BusScore {
  /** Reads and writes; NaN where devices are not asked over anything. */
  readonly requestsPerSecond: number;
  readonly timeouts: number;
  /** Of all actions together; and of the one that was written most often. */
  readonly writesPerDay: number;
  readonly mostWritten: { readonly what: string; readonly perDay: number } | undefined;
  /** The same of each, for those that wear out what they are kept in. */
  readonly writes: Readonly<Record<string, number>>;
}

export interface BusWatch {
  /** A request, and whether it was answered. */
  asked(answered: boolean): void;
  /** @param what the device and its action */
  written(what: string): void;
  note(dtSeconds: number): void;
  report(): BusScore;
  reset(): void;
}

const day = 86_400;

/** Counts requests and writes. Less than a day counts as one: a start writes everything once. */
export function createBusWatch(): BusWatch {
  const written = new Map<string, number>();
  const sum = { seconds: 0, requests: 0, timeouts: 0, writes: 0 };
  return {
    asked(answered) {
      sum.requests++;
      if (!answered) sum.timeouts++;
    },
    written(what) {
      sum.writes++;
      written.set(what, (written.get(what) ?? 0) + 1);
    },
    note: (dtSeconds) => void (sum.seconds += dtSeconds),
    report() {
      const days = Math.max(1, sum.seconds / day);
      const writes = Object.fromEntries([...written].map(([what, count]) => [what, count / days]));
      let mostWritten: BusScore["mostWritten"];
      for (const [what, perDay] of Object.entries(writes))
        if (perDay > (mostWritten?.perDay ?? 0)) mostWritten = { what, perDay };
      return {
        requestsPerSecond: sum.requests === 0 ? NaN : sum.requests / sum.seconds,
        timeouts: sum.timeouts,
        writesPerDay: sum.writes / days,
        mostWritten,
        writes,
      };
    },
    reset() {
      written.clear();
      Object.assign(sum, { seconds: 0, requests: 0, timeouts: 0, writes: 0 });
    },
  };
}
