import { ask, type AskOptions, atLeast, nothing, within } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** Where a controller sends its events. FFh: nowhere. IPMI v2.0 §29.2. */
export interface EventReceiver {
  readonly address: number;
  readonly lun: number;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeEventReceiver(data: Buffer, source = "event receiver"): EventReceiver {
  const [address = 0xff, lun = 0] = atLeast(data, 2, source, "event receiver");
  return { address, lun: lun & 3 };
}

export const getEventReceiver = (requester: Requester, options?: AskOptions): Promise<EventReceiver> =>
  ask(requester, { netFn: 0x04, command: 0x01 }, decodeEventReceiver, options);

/** IPMI v2.0 §29.1. @throws BothyError `OUT_OF_RANGE` */
export const encodeSetEventReceiver = ({ address, lun }: EventReceiver): IpmiRequest => ({
  netFn: 0x04,
  command: 0x00,
  data: Uint8Array.of(within("event receiver", address, 0, 0xff), within("event receiver: LUN", lun, 0, 3)),
});

export const setEventReceiver = async (
  requester: Requester,
  receiver: EventReceiver,
  options?: AskOptions,
): Promise<void> => ask(requester, encodeSetEventReceiver(receiver), nothing, options);

/** Something that happens to a sensor, told to a controller as if the sensor had. IPMI v2.0 §29.3. */
export interface PlatformEvent {
  readonly sensorType: number;
  readonly sensor: number;
  readonly eventType: number;
  readonly asserted: boolean;
  /** Three bytes: what the others are and the offset, then the others. */
  readonly data: readonly [number, number, number];
}

/** @throws BothyError `OUT_OF_RANGE` */
export const encodePlatformEvent = (event: PlatformEvent): IpmiRequest => ({
  netFn: 0x04,
  command: 0x02,
  data: Uint8Array.of(
    0x04,
    within("sensor type", event.sensorType, 0, 0xff),
    within("sensor", event.sensor, 0, 0xff),
    (event.asserted ? 0 : 0x80) | within("event type", event.eventType, 0, 0x7f),
    ...event.data.map((byte) => within("event data", byte, 0, 0xff)),
  ),
  repeatable: false,
});

/** Makes an event: it is logged, and alerts go out for it. For trying out what happens then. */
export const sendPlatformEvent = async (
  requester: Requester,
  event: PlatformEvent,
  options?: AskOptions,
): Promise<void> => ask(requester, encodePlatformEvent(event), nothing, options);
