import type { DeviceId } from "../../devices/value-id.ts";
import type { InputSpec } from "../select.ts";
import type { Frame } from "./frame.ts";
import { usable } from "./pick.ts";

/** Everything an alarm comes from: it would not be but for all of these. */
export interface Origin {
  readonly devices: readonly DeviceId[];
  /** By their names at the site: what they publish is missing. */
  readonly controllers: readonly string[];
  /** Whether nothing is missing any more, and the alarm only stands until enough steps in a row went well. */
  readonly over: boolean;
}

const controllerPrefix = "controller ";

/**
 * Whose silence has some inputs missing.
 * @param lacks names of the inputs
 * @returns undefined when one of them is missing for anything else, such as that nothing is bound to it
 */
export function originOf(
  lacks: readonly string[],
  specs: Readonly<Record<string, InputSpec>>,
  bound: Frame["inputs"],
): Origin | undefined {
  const devices = new Set<DeviceId>();
  const controllers = new Set<string>();
  for (const name of lacks) {
    const spec = specs[name];
    const bad = spec === undefined ? [] : usable(spec, bound[name] ?? []).filter(isBad);
    if (bad.length === 0) return undefined;
    for (const { device, from } of bad)
      if (device !== undefined) devices.add(device);
      else if (from.startsWith(controllerPrefix)) controllers.add(from.slice(controllerPrefix.length));
      else return undefined;
  }
  if (devices.size + controllers.size === 0) return undefined;
  return { devices: [...devices], controllers: [...controllers], over: false };
}

const isBad = ({ quality }: { readonly quality: string }): boolean => quality === "bad";
