import type { Instant } from "../../devices/clock.ts";
import { ageOfKept, handOverTime, type KeptController } from "./kept.ts";
import { stateFor, type Version } from "./version.ts";

/**
 * Has a version go on from where the program before ended: without fail-safe in between when that was not long ago, and
 * otherwise with its state all the same.
 * @returns why it begins with another state than was kept; undefined when it does not
 * @throws BothyError when its `migrate` or `init` does
 */
export async function goOn(
  version: Version,
  kept: KeptController,
  now: Instant,
): Promise<string | undefined> {
  const { state, how } = await stateFor(version, kept.memory);
  const age = ageOfKept(kept, now);
  const soon = age <= handOverTime && how !== "fresh";
  const memory = soon ? kept.memory : { ...kept.memory, failSafe: true, goods: 0, why: "it has just begun" };
  version.core.resume(memory, state, soon ? (handOverTime - age) / 1000 : 0, !soon);
  if (how !== "fresh") return undefined;
  const { name, version: number, stateVersion = 1 } = version.host.shape;
  return `its state is of stateVersion ${kept.memory.stateVersion}, and ${name} ${number} takes ${stateVersion}`;
}
