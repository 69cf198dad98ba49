import { type Clock, type Millis, minutes, seconds } from "../../devices/clock.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm } from "../contract.ts";
import type { BoundOutput } from "./binding.ts";

/** A device may miss a command or two. */
const toldAfter: Millis = minutes(1);
const lookEvery: Millis = seconds(10);

interface Deps {
  readonly clock: Clock;
  readonly writer: Pick<Writer, "array">;
}

/** One output that is not what it should be. */
interface Failing {
  readonly bound: BoundOutput;
  readonly why: string;
}

/** The unit a device is part of: `tray-a` of `tray-a.fan-3`. */
const unitOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("."))) || name;

/**
 * Commands of one controller that are in force but do not reach their devices. They are tried again and again; that
 * nobody could be told so for a while is an alarm, one for all of a unit that cannot be told the same.
 */
export class Unheld {
  readonly #who: string;
  readonly #deps: Deps;
  /** By `device action`: since when, on the monotonic clock. */
  #since = new Map<string, Millis>();
  #lookedAt: Millis = -Infinity;
  #alarms: readonly Alarm[] = [];

  constructor(who: string, deps: Deps) {
    this.#who = who;
    this.#deps = deps;
  }

  alarms(outputs: readonly BoundOutput[]): readonly Alarm[] {
    const now = this.#deps.clock.monotonic();
    if (now - this.#lookedAt < lookEvery) return this.#alarms;
    this.#lookedAt = now;
    const since = new Map<string, Millis>();
    const late: Failing[] = [];
    for (const bound of outputs) {
      const why = this.#failure(bound);
      if (why === undefined) continue;
      const key = `${bound.device} ${bound.action}`;
      const began = this.#since.get(key) ?? now;
      since.set(key, began);
      if (now - began >= toldAfter) late.push({ bound, why });
    }
    this.#since = since;
    this.#alarms = late.length === 0 ? [] : told(late);
    return this.#alarms;
  }

  /** Why what this controller wants is not in place; undefined: it is, or somebody else's is wanted there. */
  #failure({ device, action }: BoundOutput): string | undefined {
    const array = this.#deps.writer.array(device).find((one) => one.action === action);
    if (array?.holding !== "failing" || array.inForce?.who !== this.#who) return undefined;
    // What waits to spare hardware's memory is told for itself.
    if (array.reason?.code === "TOO_MANY") return undefined;
    return array.reason?.text ?? "the last command failed";
  }
}

function told(all: readonly Failing[]): readonly Alarm[] {
  const units = new Map<string, Failing[]>();
  for (const one of all) {
    const key = `${unitOf(one.bound.name)} ${one.bound.action}`;
    const known = units.get(key);
    if (known === undefined) units.set(key, [one]);
    else known.push(one);
  }
  return [...units.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [alarmOf(first, more.length)],
  );
}

function alarmOf({ bound: { name, action, device }, why }: Failing, more: number): Alarm {
  const which = more === 0 ? name : `${name} and ${more} more of ${unitOf(name)}`;
  const text = `${which}: ${action} is not what it should be, and is tried again: ${why}`;
  return { id: `unheld:${more === 0 ? name : unitOf(name)}.${action}`, severity: "major", text, device };
}
