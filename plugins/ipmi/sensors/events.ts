import { completionOf } from "../completion.ts";
import type { Requester } from "../contract.ts";
import { type AskOptions, askSensor, enough } from "./ask.ts";
import type { Sensor } from "./sensor.ts";

const setEnableCommand = 0x28;
const getEnableCommand = 0x29;
const rearmCommand = 0x2a;
const getStatusCommand = 0x2b;
const enableThese = 0x10;
const disableThese = 0x20;
/** Codes of BMCs that insist on a change of single events (OpenIPMI's simulator); that of none is one. */
const changeWanted: readonly number[] = [0x80, 0xc7, 0xcc];

/** Masks of events: for thresholds bits 0 to 11 (lnc going low, lnc going high, lc …), otherwise one per state. */
export interface EventMasks {
  readonly assert: number;
  readonly deassert: number;
}

/** Which events a sensor sends. */
export interface EventEnable extends EventMasks {
  /** Events are sent at all. */
  readonly events: boolean;
  /** The sensor is looked at. */
  readonly scanning: boolean;
}

/** Which events are active. */
export interface EventStatus extends EventEnable {
  readonly unavailable: boolean;
}

/** Bytes a BMC leaves out count as 0. IPMI v2.0 §35.11, §35.13. */
function statusFrom(data: Buffer): EventStatus {
  const at = (offset: number): number => data[offset] ?? 0;
  return {
    events: (at(0) & 0x80) !== 0,
    scanning: (at(0) & 0x40) !== 0,
    unavailable: (at(0) & 0x20) !== 0,
    assert: (at(1) | (at(2) << 8)) & 0x7fff,
    deassert: (at(3) | (at(4) << 8)) & 0x7fff,
  };
}

/** Get Sensor Event Enable. IPMI v2.0 §35.11. @throws BothyError */
export async function readEventEnable(
  requester: Requester,
  sensor: Sensor,
  options: AskOptions = {},
): Promise<EventEnable> {
  const data = await askSensor(requester, sensor, getEnableCommand, [], options);
  const { events, scanning, assert, deassert } = statusFrom(enough(sensor, data, 1));
  return { events, scanning, assert, deassert };
}

/** Get Sensor Event Status. IPMI v2.0 §35.13. @throws BothyError */
export async function readEventStatus(
  requester: Requester,
  sensor: Sensor,
  options: AskOptions = {},
): Promise<EventStatus> {
  const data = await askSensor(requester, sensor, getStatusCommand, [], options);
  return statusFrom(enough(sensor, data, 1));
}

const maskBytes = ({ assert, deassert }: EventMasks): readonly number[] => [
  assert & 0xff,
  (assert >> 8) & 0x7f,
  deassert & 0xff,
  (deassert >> 8) & 0x7f,
];

export interface EventChange extends Pick<EventEnable, "events" | "scanning"> {
  /** Single events to send from now on, or no more. The others stay as they are. */
  readonly change?: "enable" | "disable";
  readonly masks?: EventMasks;
}

/** Set Sensor Event Enable. IPMI v2.0 §35.10. @throws BothyError */
export async function setEventEnable(
  requester: Requester,
  sensor: Sensor,
  { events, scanning, change, masks }: EventChange,
  options: AskOptions = {},
): Promise<void> {
  const flags = (events ? 0x80 : 0) | (scanning ? 0x40 : 0);
  const ask = (...data: readonly number[]): Promise<Buffer> =>
    askSensor(requester, sensor, setEnableCommand, data, options);
  if (change !== undefined && masks !== undefined) {
    await ask(flags | (change === "enable" ? enableThese : disableThese), ...maskBytes(masks));
    return;
  }
  try {
    await ask(flags);
  } catch (thrown) {
    if (!changeWanted.includes(completionOf(thrown) ?? 0)) throw thrown;
    await ask(flags | enableThese, 0, 0, 0, 0);
  }
}

/**
 * Forgets what the sensor has reported, so that what still holds is reported again. Re-arm Sensor Events, IPMI v2.0 §35.12.
 * @param masks only these; default all
 * @throws BothyError
 */
export async function rearm(
  requester: Requester,
  sensor: Sensor,
  masks?: EventMasks,
  options: AskOptions = {},
): Promise<void> {
  const data = masks === undefined ? [0] : [0x80, ...maskBytes(masks)];
  await askSensor(requester, sensor, rearmCommand, data, options);
}
