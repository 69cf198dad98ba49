import { given } from "./arguments.ts";
import { printLiveSwaps } from "./live-swaps.ts";
import { printMemory } from "./memory.ts";
import { printRates, printShipped } from "./rates.ts";
import { printSwaps } from "./swaps.ts";

/*
 * How fast control is simulated on one core: the cabinet in a hot year at control steps of 5 s, of which a year has 6.3
 * million. Physics alone; with sensors and score; with a controller, beside the bare step function in the same run; all
 * shipped controllers of the cabinet together, over a day; memory over years; and hot swaps between two versions of a
 * controller that runs, in this thread and in threads of their own.
 * `--days N` of each measurement (default 10; five turns of each), `--years N` for the memory (default 10), `--swaps N`
 * in this thread (default 1000), `--live-swaps N` in threads (default 1000, some minutes); 0 leaves one out.
 */

const { days, years, swaps, liveSwaps } = given({ days: 10, years: 10, swaps: 1000, liveSwaps: 1000 });

if (days > 0) {
  console.log(`The cabinet in a hot year, ${days} days each, one core\n`);
  printRates(days);
  printShipped(Math.min(days, 1));
}
if (years > 0) printMemory(years);
if (swaps > 0) await printSwaps(swaps);
if (liveSwaps > 0) await printLiveSwaps(liveSwaps);
