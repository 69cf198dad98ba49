import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { simulatedYears } from "../../server/simulation/index.ts";
import { loop } from "./loop.ts";

/** MB a year by which the heap may grow and still be called flat: what compiled code and measuring differ by. */
const flat = 0.2;

/** Slope of a straight line through equally spaced values. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  let [rise, run] = [0, 0];
  values.forEach((value, i) => {
    rise += (i - middle) * (value - mean);
    run += (i - middle) ** 2;
  });
  return rise / run;
}

/** Heap after a collection, year by year, and whether it grows. */
export function printMemory(years: number): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  console.log(`\nMemory over ${years} simulated years of the whole control, heap after a collection`);
  const site = simulatedYears({ weather: "hot", controllers: { loop: loop() } });
  const heaps: number[] = [];
  for (let year = 1; year <= years; year++) {
    site.advance(365 * 86_400);
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    heaps.push(heapUsed / 1e6);
    const mega = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(7);
    console.log(`  year ${String(year).padStart(2)}  heap ${mega(heapUsed)} MB  resident ${mega(rss)} MB`);
  }
  if (years < 3) {
    console.log("  too few years for a verdict");
    return;
  }
  // In the first year code is compiled.
  const slope = slopeOf(heaps.slice(1));
  const verdict = slope <= flat ? "flat" : `NOT flat: more than ${flat} MB a year`;
  console.log(`  slope from the second year on ${slope.toFixed(3)} MB a year: ${verdict}`);
}
