const sampleSeconds = 60;
const quarter = 15;
const hour = 60;

/** Largest change of a temperature within any window, from one sample a minute. */
export function createRateWatch() {
  // One more than a window has steps, so that its beginning is seen too.
  const ring = new Float64Array(hour + 1);
  let count = 0;
  let due = 0;
  const largest = { quarter: 0, hour: 0 };
  const spread = (samples: number): number => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = Math.max(0, count - samples); i < count; i++) {
      const value = ring[i % ring.length] ?? 0;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return high - low;
  };
  return {
    note(celsius: number, dtSeconds: number): void {
      due -= dtSeconds;
      if (due > 0) return;
      due += Math.max(sampleSeconds, dtSeconds);
      ring[count % ring.length] = celsius;
      count++;
      largest.quarter = Math.max(largest.quarter, spread(quarter + 1));
      largest.hour = Math.max(largest.hour, spread(hour + 1));
    },
    /** K */
    report: () => ({ ...largest }),
  };
}
