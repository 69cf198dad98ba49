import type { Instant, Millis } from "../../../devices/clock.ts";
import { ask, type AskOptions, atLeast, nothing, within } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/**
 * A time of IPMI. IPMI v2.0 §37: seconds since 1970 by the controller's clock, which is often in local time and often
 * wrong; up to 2000 0000h seconds since the controller started; FFFF FFFFh unknown.
 */
export type EventTime =
  | { readonly kind: "clock"; readonly seconds: number; readonly instant: Instant }
  | { readonly kind: "since-start"; readonly seconds: number; readonly sinceStart: Millis }
  | { readonly kind: "unknown"; readonly seconds: number };

const lastSinceStart = 0x2000_0000;
const unknown = 0xffff_ffff;

export function eventTime(seconds: number): EventTime {
  if (seconds === unknown) return { kind: "unknown", seconds };
  if (seconds <= lastSinceStart) return { kind: "since-start", seconds, sinceStart: seconds * 1000 };
  return { kind: "clock", seconds, instant: seconds * 1000 };
}

/** How far the controller's clock is from ours: what has to be added to its times, in ms. */
export interface ClockOffset {
  readonly kind: "clock" | "since-start";
  readonly add: Millis;
}

/**
 * Compares the controller's clock with ours.
 * @param now ours, at the moment the controller's was read
 * @returns undefined when it does not know the time
 */
export function clockOffset(controller: EventTime, now: Instant): ClockOffset | undefined {
  if (controller.kind === "unknown") return undefined;
  return { kind: controller.kind, add: now - controller.seconds * 1000 };
}

/**
 * The other reading of an event's time: by our clock, if the controller's has not been set since.
 * @returns undefined when the event's time is unknown, or of another kind than the controller's time is now
 */
export const correctedTime = (time: EventTime, offset: ClockOffset | undefined): Instant | undefined =>
  offset !== undefined && time.kind === offset.kind ? time.seconds * 1000 + offset.add : undefined;

/** @throws BothyError `SHORT_FRAME` */
export const decodeTime = (data: Buffer, source = "time"): EventTime =>
  eventTime(atLeast(data, 4, source, "time").readUInt32LE(0));

/** The event log's clock. IPMI v2.0 §31.10. */
export const getSelTime = (requester: Requester, options?: AskOptions): Promise<EventTime> =>
  ask(requester, { netFn: 0x0a, command: 0x48 }, decodeTime, options);

/** @throws BothyError `OUT_OF_RANGE` */
export const encodeSetSelTime = (seconds: number): IpmiRequest => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(within("time", seconds, lastSinceStart + 1, unknown - 1, "s"));
  return { netFn: 0x0a, command: 0x49, data };
};

/** Sets the event log's clock, to the second. IPMI v2.0 §31.11. */
export const setSelTime = async (requester: Requester, now: Instant, options?: AskOptions): Promise<void> =>
  ask(requester, encodeSetSelTime(Math.round(now / 1000)), nothing, options);

/**
 * Minutes that the log's clock is ahead of UTC. IPMI v2.0 §31.11a.
 * @returns undefined when it is not set
 */
export const getSelUtcOffset = (requester: Requester, options?: AskOptions): Promise<number | undefined> =>
  ask(requester, { netFn: 0x0a, command: 0x5c }, decodeUtcOffset, options);

/** @throws BothyError `SHORT_FRAME` */
export function decodeUtcOffset(data: Buffer, source = "UTC offset"): number | undefined {
  const minutes = atLeast(data, 2, source, "UTC offset").readInt16LE(0);
  return minutes === 0x07ff ? undefined : minutes;
}
