import { isWritable } from "../../devices/device.ts";
import type { Instant } from "../../devices/clock.ts";
import type { BusPart } from "../parts.ts";

/** One thing a plugin looks at to know whether it is well. Synse v3 §1.4. */
export interface HealthCheck {
  readonly name: string;
  readonly status: "OK" | "FAILING";
  readonly message: string;
  /** Since when it is so, or when it was looked at. */
  readonly at: Instant;
  readonly type: "periodic";
}

export interface PluginHealth {
  readonly status: "OK" | "FAILING";
  readonly checks: readonly HealthCheck[];
}

/**
 * How the plugin of some buses is. Clients know the two checks of Synse's SDK by name, so there are these two: whether
 * readings come in, which they do from every bus that is open, and whether writes can go out.
 *
 * @param seen the buses whoever asks may know of; absent: all. Of others is said that something is wrong, not what.
 */
export function pluginHealth(
  buses: readonly BusPart[],
  now: Instant,
  seen?: ReadonlySet<string>,
): PluginHealth {
  const written = buses.filter(({ link }) => link.devices.some(isWritable));
  const checks = [
    check("read queue health", buses, now, seen),
    check("write queue health", written, now, seen),
  ];
  return { status: checks.every(({ status }) => status === "OK") ? "OK" : "FAILING", checks };
}

function check(
  name: string,
  buses: readonly BusPart[],
  now: Instant,
  seen: ReadonlySet<string> | undefined,
): HealthCheck {
  const down = buses.map(({ link }) => link.status()).filter(({ state }) => state !== "open");
  const known = down.filter((status) => seen === undefined || seen.has(status.name));
  const message = [
    ...known.map((status) => `bus ${status.name}: ${status.lastError?.text ?? `it is ${status.state}`}`),
    ...(known.length < down.length ? ["a bus whose devices you do not see is down"] : []),
  ].join("; ");
  const at = down.length === 0 ? now : Math.max(...down.map(({ since }) => since));
  return { name, status: down.length === 0 ? "OK" : "FAILING", message, at, type: "periodic" };
}
