import type { Action, Device } from "../../../devices/device.ts";
import { BothyError } from "../../../devices/errors.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type Command, priority } from "../../../devices/plugin.ts";
import type { Reading } from "../../../devices/reading.ts";
import { firstOf } from "../../../devices/wait.ts";
import type { ChassisStatus } from "../commands/chassis.ts";
import { type PowerAction, powerAction } from "../commands/power-action.ts";
import type { BmcSettings } from "../plan.ts";
import type { Host } from "./host.ts";
import { bmcDevice, good, type PartDeps, valueAt, withMargin } from "./part.ts";

const state = { output: "state" } as const;

/** What the power of a server can be told. IPMI v2.0 §28.3. */
function powerActions({ privilege, softWait, confirm }: BmcSettings): readonly Action[] {
  if (privilege < 3) return [];
  const pulse = (name: string): Action => ({
    name,
    kind: "pulse",
    accepts: { kind: "none" },
    shows: state,
    storage: "ram",
  });
  return [
    {
      name: "state",
      kind: "level",
      accepts: { kind: "choice", choices: ["on", "off", "soft", "soft-off"] },
      shows: state,
      shownAs: { soft: "off", "soft-off": "off" },
      settle: Math.min(softWait, confirm),
      storage: "ram",
    },
    pulse("cycle"),
    pulse("reset"),
    pulse("diag"),
  ];
}

/** Whether a server is on, what is wrong with its power, and the switch. */
export function powerDevice(settings: BmcSettings): Device {
  return bmcDevice(settings, ["chassis", "power"], "power", {
    type: "power-control",
    info: "power",
    tags: ["ipmi/chassis-part:power"],
    outputs: [{ output: outputNamed("state") }, { output: outputNamed("status") }],
    actions: powerActions(settings),
    writeTimeout: withMargin(settings.softWait + settings.confirm),
  });
}

export function powerReadings(device: Device, at: number, status: ChassisStatus): readonly Reading[] {
  const { on, lastEvents, restorePolicy } = status;
  const context = {
    restorePolicy,
    ...(lastEvents.length === 0 ? {} : { lastChange: lastEvents.join(", ") }),
  };
  const wrong = faultsOf(status);
  return [
    good(valueAt(device, "state"), at, on ? "on" : "off", context),
    good(valueAt(device, "status"), at, wrong.length === 0 ? "ok" : wrong.join(", ")),
  ];
}

const faultWords = [
  ["overload", "overload"],
  ["interlock", "interlock"],
  ["powerFault", "power fault"],
  ["controlFault", "power control fault"],
  ["intrusion", "intrusion"],
  ["lockout", "front panel locked"],
  ["driveFault", "drive fault"],
  ["fanFault", "fan fault"],
] as const satisfies readonly (readonly [keyof ChassisStatus, string])[];

const faultsOf = (status: ChassisStatus): readonly string[] =>
  faultWords.filter(([key]) => status[key]).map(([, word]) => word);

/** What a choice of `state`, or a pulse, is for the chassis. */
function wanted({ action, value }: Command, { softAlways }: BmcSettings): PowerAction | undefined {
  if (action.name !== "state")
    return (["cycle", "reset", "diag"] as const).find((one) => one === action.name);
  if (value === "on") return "on";
  if (value === "soft") return "soft-off";
  if (value === "soft-off") return "soft-then-off";
  if (value === "off") return softAlways ? "soft-then-off" : "off";
  return undefined;
}

/**
 * Switches a server, and waits until the chassis shows it. A state that is there already is not commanded, so that
 * asking again (the line was down; a slot is held) does nothing. A pulse is sent once, whatever happens.
 * @throws BothyError
 */
export async function switchPower(
  { bmc, clock, log, settings }: PartDeps,
  host: Host,
  device: Device,
  command: Command,
  { signal, superseded }: { readonly signal: AbortSignal; readonly superseded?: AbortSignal | undefined },
): Promise<readonly Reading[]> {
  const action = wanted(command, settings);
  if (action === undefined)
    throw new BothyError("BAD_VALUE", {
      source: `${settings.at} ${command.action.name}`,
      value: String(command.value),
      expected: "on, off, soft or soft-off",
    });
  const before = await host.look({ priority: priority.write, signal });
  if (isThere(action, before)) return powerReadings(device, clock.now(), before);
  if (!before.on && action !== "on")
    throw new BothyError("REFUSED", {
      source: settings.at,
      fault: `the host is off, there is nothing to ${action}`,
    });
  const stop = superseded === undefined ? firstOf(signal) : firstOf(signal, superseded);
  try {
    const { status, result, forced } = await powerAction(bmc, action, {
      clock,
      priority: priority.write,
      signal: stop.signal,
      softLimit: settings.softWait,
      limit: action === "soft-off" ? settings.softWait : settings.confirm,
      onStep: ({ did, result: how }) =>
        log.info({ link: settings.name, action, did }, `${settings.at} ${action}: ${did}, ${how}`),
    });
    log.info(
      { link: settings.name, action, result, forced },
      `${settings.at} ${action}: ${result}${forced ? "; the operating system did not end, so the power was cut" : ""}`,
    );
    return powerReadings(device, clock.now(), host.saw(status));
  } finally {
    stop.done();
  }
}

const isThere = (action: PowerAction, { on }: ChassisStatus): boolean =>
  action === "on" ? on : !on && ["off", "soft-off", "soft-then-off"].includes(action);
