import type { Instant } from "../../devices/clock.ts";
import { ageOfKept, handOverTime, type KeptController } from "./kept.ts";
import { stateFor, type Version } from "./version.ts";

/**
 * Has a version go on from where the program before ended: without fail-safe in between when that was not long ago, and
 * otherwise with its state all the same.
 * @throws BothyError when its `migrate` or `init` does
 */
export async function goOn(version: Version, kept: KeptController, now: Instant): Promise<void> {
  const { state, how } = await stateFor(version, kept.memory);
  const age = ageOfKept(kept, now);
  const soon = age <= handOverTime && how !== "fresh";
  const memory = soon ? kept.memory : { ...kept.memory, failSafe: true, goods: 0, why: "it has just begun" };
  version.core.resume(memory, state, soon ? (handOverTime - age) / 1000 : 0, !soon);
}
