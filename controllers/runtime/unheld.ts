import { type Clock, type Millis, minutes, seconds } from "../../devices/clock.ts";
import type { ErrorCode } from "../../devices/errors.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm } from "../contract.ts";
import type { BoundOutput } from "./binding.ts";

const lookEvery: Millis = seconds(10);

/** `unheld`: commands do not reach it; `unread`: nobody knows whether they would. */
type Kind = "unheld" | "unread";

/** A device may miss a command or two, and be away for a while. */
const toldAfter: Readonly<Record<Kind, Millis>> = { unheld: minutes(1), unread: minutes(5) };
const told: Readonly<Record<Kind, Pick<Alarm, "severity" | "text">>> = {
  unheld: { severity: "major", text: "is not what it should be, and is tried again" },
  unread: { severity: "warning", text: "cannot be read, and may not do what it is told" },
};

/** How a device shows that it is away; others say that it is there. */
const away: ReadonlySet<ErrorCode> = new Set([
  "NO_ANSWER",
  "LATE_ANSWER",
  "GATEWAY_NO_ANSWER",
  "NO_PATH",
  "LINE_DOWN",
  "STALE",
] satisfies ErrorCode[]);

interface Deps {
  readonly clock: Clock;
  readonly writer: Pick<Writer, "array">;
  readonly store: Pick<ReadingStore, "get">;
}

interface Trouble {
  readonly kind: Kind;
  readonly why: string;
}
type Late = Trouble & { readonly bound: BoundOutput };

/** The unit a device is part of: `tray-a` of `tray-a.fan-3`. */
const unitOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("."))) || name;

/**
 * Outputs of one controller that are out of its reach: commands in force that fail, and devices that are away before
 * anything is commanded. Commands are tried again and again; that it lasts is an alarm, one for all of a unit.
 */
export class Unheld {
  readonly #who: string;
  readonly #deps: Deps;
  /** By `kind device action`: since when, on the monotonic clock. */
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
    const late: Late[] = [];
    for (const bound of outputs) {
      const trouble = this.#trouble(bound);
      if (trouble === undefined) continue;
      const key = `${trouble.kind} ${bound.device} ${bound.action}`;
      const began = this.#since.get(key) ?? now;
      since.set(key, began);
      if (now - began >= toldAfter[trouble.kind]) late.push({ bound, ...trouble });
    }
    this.#since = since;
    this.#alarms = late.length === 0 ? [] : byUnit(late);
    return this.#alarms;
  }

  #trouble({ device, action }: BoundOutput): Trouble | undefined {
    const { writer, store } = this.#deps;
    const array = writer.array(device).find((one) => one.action === action);
    if (array === undefined) return undefined;
    const { holding, inForce, reason, shows } = array;
    if (holding === "failing") {
      // What somebody else wants is theirs to tell, and what waits to spare hardware's memory is told for itself.
      if (inForce?.who !== this.#who || reason?.code === "TOO_MANY") return undefined;
      return { kind: "unheld", why: reason?.text ?? "the last command failed" };
    }
    const shown = shows === undefined ? undefined : store.get({ device, ...shows });
    return shown?.quality === "bad" && away.has(shown.reason.code)
      ? { kind: "unread", why: shown.reason.text }
      : undefined;
  }
}

function byUnit(all: readonly Late[]): readonly Alarm[] {
  const units = new Map<string, Late[]>();
  for (const one of all) {
    const key = `${one.kind} ${unitOf(one.bound.name)} ${one.bound.action}`;
    const known = units.get(key);
    if (known === undefined) units.set(key, [one]);
    else known.push(one);
  }
  return [...units.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [alarmOf(first, more.length)],
  );
}

function alarmOf({ kind, why, bound: { name, action, device } }: Late, more: number): Alarm {
  const { severity, text } = told[kind];
  const unit = unitOf(name);
  const which = more === 0 ? name : `${name} and ${more} more of ${unit}`;
  return { id: `${kind}:${unit}.${action}`, severity, text: `${which}: ${action} ${text}: ${why}`, device };
}
