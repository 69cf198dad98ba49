import { circleFault, failSafeFaults, ownerFaults, stepOrder } from "./binding.ts";
import type { Running } from "./running.ts";

/**
 * Puts controllers that were bound just now into the order in which they step, publishers before those who take their
 * values, and those that rest after those that work. What is wrong between them is told by one of those it concerns; what waits for itself is cut.
 */
export function arrange(all: readonly Running[]): readonly Running[] {
  const { order, circles } = stepOrder(all.map(({ name, binding }) => ({ name, inputs: binding.inputs })));
  const faults = [
    ...circles.map(circleFault),
    ...all.flatMap(({ name, failSafe, binding }) => failSafeFaults(name, binding.outputs, failSafe)),
    ...ownerFaults(
      all.map(({ name, failSafe, binding, profiles }) => ({
        ...{ name, failSafe, outputs: binding.outputs },
        ...(profiles === undefined ? {} : { profiles }),
      })),
    ),
  ];
  for (const one of all) {
    const mine = faults.filter(({ controller }) => controller === one.name);
    if (mine.length === 0) continue;
    const circular = new Set(circles.filter(([first]) => first === one.name).flat());
    one.cut(
      one.binding.inputs.filter((input) => !("controller" in input && circular.has(input.controller))),
      mine,
    );
  }
  const ordered = order.flatMap((name) => all.find((one) => one.name === name) ?? []);
  return [
    ...ordered.filter(({ rest }) => rest === undefined),
    ...ordered.filter(({ rest }) => rest !== undefined),
  ];
}
