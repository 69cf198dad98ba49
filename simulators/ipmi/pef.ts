import type { Cancel, Clock } from "../clock.ts";
import { u32 } from "./command.ts";
import type { LanParameters } from "./lan-parameters.ts";
import type { Peer } from "./lan/sessions.ts";
import type { BmcModel } from "./model.ts";
import { buildTrap, type PlatformEvent, severity } from "./pet.ts";

/** An event as alerts need it. */
export type AlertEvent = Pick<
  PlatformEvent,
  "sensorType" | "eventType" | "deassert" | "sensor" | "entity" | "data"
>;

/** Filters, policies, and the traps they cause. IPMI v2.0 §17, §30. */
export interface Pef {
  get(parameter: number, set: number): Buffer | undefined;
  /** @returns completion code */
  set(parameter: number, data: Buffer): number;
  /** Sends what filters and policies ask for. */
  consider(event: AlertEvent): void;
  /** Sends a trap to one destination, whatever the filters say. */
  alert(destination: number, event: AlertEvent): boolean;
  acknowledge(cookie: number): void;
  /** Highest severity seen in alerts, for diagnosis. */
  readonly sent: number;
  close(): void;
}

export interface PefOptions {
  readonly clock: Clock;
  readonly model: BmcModel;
  readonly guid: Buffer;
  readonly lan: LanParameters;
  readonly seconds: () => number;
  /** The port traps go to; 162 unless tests have another. */
  readonly port: number;
  readonly send: (packet: Buffer, to: Peer) => void;
}

const parameter = {
  progress: 0,
  control: 1,
  actions: 2,
  startDelay: 3,
  alertDelay: 4,
  filters: 5,
  filter: 6,
  policies: 8,
  policy: 9,
  guid: 10,
  strings: 11,
};
const filterCount = 8;
const policyCount = 8;
const enabled = 0x80;
const alertAction = 0x01;
const any = 0xff;

export function createPef(options: PefOptions): Pef {
  const { clock, model, guid, lan } = options;
  const values = new Map<number, Buffer>([
    [parameter.progress, Buffer.from([0])],
    [parameter.control, Buffer.from([1])],
    [parameter.actions, Buffer.from([alertAction])],
    [parameter.startDelay, Buffer.from([0])],
    [parameter.alertDelay, Buffer.from([0])],
    [parameter.filters, Buffer.from([filterCount])],
    [parameter.policies, Buffer.from([policyCount])],
    [parameter.guid, Buffer.from([0, ...new Uint8Array(16)])],
    [parameter.strings, Buffer.from([0])],
  ]);
  const fixed = [parameter.filters, parameter.policies, parameter.strings];
  const sets = new Map<number, Buffer[]>([
    [
      parameter.filter,
      Array.from({ length: filterCount + 1 }, (_, n) => Buffer.from([n, ...firstFilter(n)])),
    ],
    [
      parameter.policy,
      Array.from({ length: policyCount + 1 }, (_, n) => Buffer.from([n, ...firstPolicy(n)])),
    ],
  ]);
  const pending = new Map<number, Cancel>();
  let cookie = 0;
  let sent = 0;

  const send = (destination: number, event: AlertEvent): boolean => {
    const to = lan.destination(destination);
    if (to === undefined) return false;
    cookie = (cookie % 0xfffe) + 1;
    const own = cookie;
    const { manufacturer, product } = model;
    const told = { ...event, cookie, guid, manufacturer, product };
    const agent = [...(lan.get(3, 0) ?? [])].join(".");
    const trap = buildTrap(
      { ...told, seconds: options.seconds(), severity: severityOf(event) },
      lan.community,
      agent,
      clock.monotonic(),
    );
    const attempt = (left: number): void => {
      sent++;
      options.send(trap, { address: to.address, port: options.port });
      if (!to.acknowledge || left === 0) return void pending.delete(own);
      pending.set(
        own,
        clock.at(clock.monotonic() + to.timeout * 1000, () => attempt(left - 1)),
      );
    };
    attempt(to.retries);
    return true;
  };

  return {
    get(number, set) {
      const list = sets.get(number);
      return list === undefined ? values.get(number) : set === 0 ? undefined : list[set];
    },
    set(number, data) {
      const list = sets.get(number);
      const set = (data[0] ?? 0) & 0x7f;
      const old = list?.[set] ?? values.get(number);
      if (old === undefined) return 0x80;
      if (fixed.includes(number)) return 0x82;
      if (data.length !== old.length) return 0xc7;
      if (list !== undefined) list[set] = Buffer.from(data);
      else values.set(number, Buffer.from(data));
      return 0;
    },
    consider(event) {
      if (((values.get(parameter.control)?.[0] ?? 0) & 1) === 0) return;
      if (((values.get(parameter.actions)?.[0] ?? 0) & alertAction) === 0) return;
      const hit =
        sets
          .get(parameter.filter)
          ?.slice(1)
          .filter((filter) => matches(filter.subarray(1), event)) ?? [];
      const policies = new Set(hit.map((filter) => (filter[3] ?? 0) & 0x0f));
      const chosen = sets.get(parameter.policy)?.slice(1) ?? [];
      const wanted = chosen.filter(([, kind = 0]) => (kind & 0x08) !== 0 && policies.has(kind >> 4));
      new Set(wanted.map(([, , where = 0]) => where & 0x0f)).forEach((destination) =>
        send(destination, event),
      );
    },
    alert: send,
    acknowledge(acknowledged) {
      pending.get(acknowledged)?.();
      pending.delete(acknowledged);
    },
    get sent() {
      return sent;
    },
    close() {
      pending.forEach((cancel) => cancel());
      pending.clear();
    },
  };
}

/** The first filter alerts of everything, by policy 1; the others are empty. IPMI v2.0 table 17-2. */
function firstFilter(n: number): readonly number[] {
  const bytes = new Array<number>(20).fill(0);
  if (n !== 1) return bytes;
  bytes.splice(0, 11, enabled, alertAction, 1, 0, any, any, any, any, any, any, any);
  return bytes;
}

/** Policy 1 tells every destination that has an address. IPMI v2.0 table 17-4. */
const firstPolicy = (n: number): readonly number[] => (n >= 1 && n <= 4 ? [0x18, 0x10 | n, 0] : [0, 0, 0]);

function matches(filter: Buffer, event: AlertEvent): boolean {
  const [config = 0, action = 0] = filter;
  const fits = (offset: number, value: number): boolean => filter[offset] === any || filter[offset] === value;
  const offsets = filter.readUInt16LE(9);
  return (
    (config & enabled) !== 0 &&
    (action & alertAction) !== 0 &&
    fits(6, event.sensorType) &&
    fits(7, event.sensor) &&
    fits(8, event.eventType) &&
    (offsets & (1 << (event.data[0] & 0x0f))) !== 0
  );
}

function severityOf({ deassert, eventType, sensorType, data }: AlertEvent): number {
  if (deassert) return severity.ok;
  const offset = data[0] & 0x0f;
  if (eventType === 0x01) {
    const rank = [severity.nonCritical, severity.critical, severity.nonRecoverable];
    return rank[(offset >> 1) % 3] ?? severity.nonCritical;
  }
  if (sensorType === 0x08 || sensorType === 0x13 || sensorType === 0x23)
    return offset === 0 ? severity.information : severity.critical;
  return severity.information;
}

/** Status of PEF as Get Last Processed Event ID gives it, without anything processed. */
export const lastProcessed = (added: number): readonly number[] => [...u32(added), 0xff, 0xff, 0, 0, 0, 0];
