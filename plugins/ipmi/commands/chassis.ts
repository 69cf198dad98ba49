import { ask, type AskOptions, atLeast, bit, nothing } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** What the machine does when mains power returns. IPMI v2.0 §28.8. */
export type RestorePolicy = "stay-off" | "as-before" | "on" | "unknown";
const policies = ["stay-off", "as-before", "on", "unknown"] as const;

/** What led to the last change of power. IPMI v2.0 table 28-3. Several may be set, or none. */
export type PowerEvent = "command" | "fault" | "interlock" | "overload" | "ac-failed";
const powerEvents = ["ac-failed", "overload", "interlock", "fault", "command"] as const;

/** IPMI v2.0 §28.2, table 28-3. */
export interface ChassisStatus {
  readonly on: boolean;
  readonly overload: boolean;
  readonly interlock: boolean;
  readonly powerFault: boolean;
  readonly controlFault: boolean;
  readonly restorePolicy: RestorePolicy;
  readonly lastEvents: readonly PowerEvent[];
  readonly intrusion: boolean;
  readonly lockout: boolean;
  readonly driveFault: boolean;
  readonly fanFault: boolean;
  /** Absent when the controller does not say. */
  readonly identify?: "off" | "timed" | "on";
  /** Buttons that are disabled now; absent when the controller does not say. */
  readonly disabledButtons?: readonly ("power" | "reset" | "diagnostic" | "standby")[];
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeChassisStatus(data: Buffer, source = "chassis status"): ChassisStatus {
  const [power = 0, last = 0, misc = 0, panel] = atLeast(data, 3, source, "chassis status");
  const identify = (["off", "timed", "on"] as const)[(misc >> 4) & 3];
  return {
    on: bit(power, 0),
    overload: bit(power, 1),
    interlock: bit(power, 2),
    powerFault: bit(power, 3),
    controlFault: bit(power, 4),
    restorePolicy: policies[(power >> 5) & 3] ?? "unknown",
    lastEvents: powerEvents.filter((_event, n) => bit(last, n)),
    intrusion: bit(misc, 0),
    lockout: bit(misc, 1),
    driveFault: bit(misc, 2),
    fanFault: bit(misc, 3),
    ...(bit(misc, 6) && identify !== undefined ? { identify } : {}),
    ...(panel === undefined ? {} : { disabledButtons: disabledButtons(panel) }),
  };
}

const disabledButtons = (panel: number): ("power" | "reset" | "diagnostic" | "standby")[] =>
  (["power", "reset", "diagnostic", "standby"] as const).filter((_name, n) => bit(panel, n));

export const getChassisStatus = (requester: Requester, options?: AskOptions): Promise<ChassisStatus> =>
  ask(requester, { netFn: 0x00, command: 0x01 }, decodeChassisStatus, options);

/** IPMI v2.0 §28.1. Addresses are those of the controllers that hold each function, 20h being the BMC. */
export interface ChassisCapabilities {
  readonly interlock: boolean;
  readonly diagnosticInterrupt: boolean;
  readonly lockout: boolean;
  readonly intrusionSensor: boolean;
  readonly fruAddress: number;
  readonly sdrAddress: number;
  readonly selAddress: number;
  readonly managementAddress: number;
  readonly bridgeAddress: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeChassisCapabilities(data: Buffer, source = "chassis"): ChassisCapabilities {
  const [flags = 0, fru = 0, sdr = 0, sel = 0, management = 0, bridge = 0x20] = atLeast(
    data,
    5,
    source,
    "chassis capabilities",
  );
  return {
    intrusionSensor: bit(flags, 0),
    lockout: bit(flags, 1),
    diagnosticInterrupt: bit(flags, 2),
    interlock: bit(flags, 3),
    fruAddress: fru,
    sdrAddress: sdr,
    selAddress: sel,
    managementAddress: management,
    bridgeAddress: bridge,
  };
}

export const getChassisCapabilities = (
  requester: Requester,
  options?: AskOptions,
): Promise<ChassisCapabilities> =>
  ask(requester, { netFn: 0x00, command: 0x00 }, decodeChassisCapabilities, options);

/** What Chassis Control can do. `diag` is a diagnostic interrupt (NMI). IPMI v2.0 §28.3. */
export type ChassisAction = "off" | "on" | "cycle" | "reset" | "diag" | "soft-off";
const actions = ["off", "on", "cycle", "reset", "diag", "soft-off"] as const;

export const encodeChassisControl = (action: ChassisAction): IpmiRequest => ({
  netFn: 0x00,
  command: 0x02,
  data: Uint8Array.of(actions.indexOf(action)),
  repeatable: false,
});

/**
 * Tells the chassis to do something. That it accepted does not mean it is done: see `powerAction`.
 * @throws BothyError `OUTCOME_UNKNOWN` after silence; then look at the status before doing anything
 */
export const chassisControl = (
  requester: Requester,
  action: ChassisAction,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeChassisControl(action), nothing, options);

/**
 * Sets what happens when mains power returns. IPMI v2.0 §28.8.
 * @returns the policies the chassis supports
 */
export const setRestorePolicy = (
  requester: Requester,
  policy: Exclude<RestorePolicy, "unknown">,
  options?: AskOptions,
): Promise<readonly RestorePolicy[]> =>
  ask(requester, restorePolicyRequest(policies.indexOf(policy)), decodeRestorePolicies, options);

/** The policies the chassis supports; changes nothing. IPMI v2.0 §28.8. */
export const getRestorePolicies = (
  requester: Requester,
  options?: AskOptions,
): Promise<readonly RestorePolicy[]> =>
  ask(requester, restorePolicyRequest(3), decodeRestorePolicies, options);

const restorePolicyRequest = (policy: number): IpmiRequest => ({
  netFn: 0x00,
  command: 0x06,
  data: Uint8Array.of(policy),
});

const decodeRestorePolicies = (data: Buffer, source: string): readonly RestorePolicy[] => {
  const [supported] = atLeast(data, 1, source, "power restore policy");
  return policies.filter((policy, n) => policy !== "unknown" && bit(supported, n));
};

/** IPMI v2.0 table 28-11. */
const restartCauses = [
  "unknown",
  "chassis control command",
  "reset button",
  "power button",
  "watchdog",
  "OEM",
  "mains returned, policy on",
  "mains returned, policy as before",
  "reset by event filter",
  "power cycle by event filter",
  "soft reset",
  "real time clock",
] as const;

export interface RestartCause {
  readonly cause: string;
  /** The number of the cause, 0..15. */
  readonly code: number;
  /** The channel the command came over, when it was one. */
  readonly channel: number;
}

/** Why the machine last started. IPMI v2.0 §28.11. */
export const getRestartCause = (requester: Requester, options?: AskOptions): Promise<RestartCause> =>
  ask(requester, { netFn: 0x00, command: 0x07 }, decodeRestartCause, options);

/** @throws BothyError `SHORT_FRAME` */
export function decodeRestartCause(data: Buffer, source = "restart cause"): RestartCause {
  const [byte = 0, channel = 0] = atLeast(data, 1, source, "restart cause");
  const code = byte & 0x0f;
  return { cause: restartCauses[code] ?? `unknown (${code})`, code, channel };
}

/** How long the machine has been on, in hours, over its life. IPMI v2.0 §28.14. */
export const getPowerOnHours = (requester: Requester, options?: AskOptions): Promise<number> =>
  ask(requester, { netFn: 0x00, command: 0x0f }, decodePowerOnHours, options);

/** @throws BothyError `SHORT_FRAME` */
export function decodePowerOnHours(data: Buffer, source = "power-on hours"): number {
  atLeast(data, 5, source, "power-on hours");
  return (data.readUInt8(0) * data.readUInt32LE(1)) / 60;
}
