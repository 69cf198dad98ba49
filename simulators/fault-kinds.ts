import type { Millis } from "./clock.ts";

/** What a fault can be put on. */
export type TargetKind = "unit" | "bmc" | "line" | "site";

export interface Argument {
  readonly key:
    | "delay"
    | "code"
    | "sensor"
    | "value"
    | "fan"
    | "bits"
    | "share"
    | "command"
    | "supply"
    | "outlet"
    | "server"
    | "count"
    | "amount";
  readonly required: boolean;
  /** What is allowed, for people. */
  readonly allowed: string;
  readonly read: (text: string) => string | number | undefined;
}

export interface FaultSpec {
  readonly target: TargetKind;
  /** Something else that can have it. */
  readonly also?: TargetKind;
  readonly arguments: readonly Argument[];
  readonly about: string;
  /** One of the demonstration, as people write it. */
  readonly example: string;
}

const number = (text: string): number | undefined =>
  /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

const within = (low: number, high: number, whole: boolean) => (text: string) => {
  const value = number(text);
  return value === undefined || value < low || value > high || (whole && !Number.isInteger(value))
    ? undefined
    : value;
};

const share: Argument = {
  key: "share",
  required: true,
  allowed: "a share such as 0.2 or 20%",
  read: readShare,
};

const delay = (required: boolean): Argument => ({
  key: "delay",
  required,
  allowed: "a duration such as 300ms or 2s",
  read: readDuration,
});

const sensorName = (text: string): string | undefined => (/^[a-z][a-z0-9-]*$/.test(text) ? text : undefined);
const sensor: Argument = { key: "sensor", required: true, allowed: "the name of a sensor", read: sensorName };
const whole = (key: Argument["key"], what: string, least: number, most: number): Argument => ({
  key,
  required: true,
  allowed: `${what} ${least}..${most}`,
  read: within(least, most, true),
});
const amount = (least: number, most: number): Argument => ({
  key: "amount",
  required: true,
  allowed: `a number ${least}..${most}`,
  read: within(least, most, false),
});
const fan = whole("fan", "a fan", 1, 8);

/** Of parts of the site; each does what the physics make of it. */
const physicalSpecs = {
  "worn-fan": {
    target: "unit",
    arguments: [fan],
    about: "a fan turns at 0.7 of its speed",
    example: "tray-a worn-fan 2",
  },
  "intermittent-fan": {
    target: "unit",
    arguments: [fan],
    about: "a fan stops now and then",
    example: "tray-a intermittent-fan 2",
  },
  "reversed-fan": {
    target: "unit",
    arguments: [fan],
    about: "a fan turns the wrong way; its speed looks right",
    example: "tray-a reversed-fan 2",
  },
  "stuck-duty": {
    target: "unit",
    arguments: [fan],
    about: "a fan keeps its duty, whatever it is told",
    example: "tray-a stuck-duty 2",
  },
  "tach-lost": {
    target: "unit",
    arguments: [fan],
    about: "a fan turns and shows 0 rpm",
    example: "tray-a tach-lost 2",
  },
  "tach-stuck": {
    target: "unit",
    arguments: [fan],
    about: "a fan shows the same speed for ever",
    example: "tray-a tach-stuck 2",
  },
  "compressor-dead": {
    target: "unit",
    arguments: [],
    about: "the compressor does not start",
    example: "dx-1 compressor-dead",
  },
  "capacity-loss": {
    target: "unit",
    arguments: [share],
    about: "that share of the cooling is lost, as with too little refrigerant",
    example: "dx-1 capacity-loss 40%",
  },
  "condenser-blocked": {
    target: "unit",
    arguments: [],
    about: "the compressor trips on high pressure whenever it runs",
    example: "dx-1 condenser-blocked",
  },
  "damper-stuck": {
    target: "unit",
    arguments: [],
    about: "the economiser's damper stays where it is",
    example: "dx-1 damper-stuck",
  },
  "damper-slipped": {
    target: "unit",
    arguments: [],
    about: "the motor of the damper turns, its blades do not",
    example: "dx-1 damper-slipped",
  },
  offset: {
    target: "unit",
    arguments: [sensor, amount(-100, 100)],
    about: "a sensor gives that much more",
    example: "probe-inlet offset temperature 3",
  },
  drift: {
    target: "unit",
    arguments: [sensor, amount(-100, 100)],
    about: "a sensor gives more by that much every day",
    example: "probe-inlet drift temperature 0.1",
  },
  noisy: {
    target: "unit",
    arguments: [sensor, amount(0, 1000)],
    about: "the noise of a sensor is that many times as much",
    example: "probe-inlet noisy temperature 10",
  },
  "open-wire": {
    target: "unit",
    arguments: [sensor],
    about: "the wire of a sensor is cut: it says that it has no value",
    example: "dx-1 open-wire supply",
  },
  "welded-outlet": {
    target: "unit",
    arguments: [whole("outlet", "an outlet", 1, 256)],
    about: "the contact of an outlet stays closed",
    example: "pdu-1 welded-outlet 3",
  },
  "dead-outlet": {
    target: "unit",
    arguments: [whole("outlet", "an outlet", 1, 256)],
    about: "the contact of an outlet stays open",
    example: "pdu-1 dead-outlet 3",
  },
  "module-fail": {
    target: "unit",
    arguments: [whole("count", "a number of modules", 1, 64)],
    about: "so many modules of the rectifier fail",
    example: "dc-1 module-fail 1",
  },
  "battery-open": {
    target: "unit",
    arguments: [],
    about: "the battery is disconnected",
    example: "dc-1 battery-open",
  },
  "battery-fade": {
    target: "unit",
    arguments: [share],
    about: "the battery has lost that share of its capacity",
    example: "dc-1 battery-fade 30%",
  },
  "server-dead": {
    target: "site",
    arguments: [whole("server", "a server", 1, 256)],
    about: "a server stops and does not start again",
    example: "site server-dead 2",
  },
  "heater-welded": {
    target: "site",
    arguments: [whole("count", "a number of stages", 1, 8)],
    about: "so many stages of the heater stay on",
    example: "site heater-welded 1",
  },
  "heater-dead": {
    target: "site",
    arguments: [whole("count", "a number of stages", 1, 8)],
    about: "so many stages of the heater never come on",
    example: "site heater-dead 1",
  },
  "seal-missing": {
    target: "site",
    arguments: [amount(1, 50)],
    about: "so many times as much air leaks in",
    example: "site seal-missing 10",
  },
} as const satisfies Record<string, FaultSpec>;

/** Every kind of fault there is. */
export const faultSpecs = {
  silent: {
    target: "unit",
    also: "bmc",
    arguments: [],
    about: "does not answer",
    example: "tray-a silent for 30s",
  },
  slow: {
    target: "unit",
    also: "bmc",
    arguments: [delay(true)],
    about: "answers that much later",
    example: "probe-inlet slow 300ms",
  },
  late: {
    target: "unit",
    arguments: [delay(false)],
    about: "answers after the client gave up",
    example: "dx-1 late 2s with probability 10%",
  },
  "bad-crc": {
    target: "unit",
    arguments: [],
    about: "answers with a wrong check sum (serial lines only)",
    example: "meter-1 bad-crc with probability 20%",
  },
  "wrong-unit": {
    target: "unit",
    arguments: [],
    about: "answers under another unit id",
    example: "dc-1 wrong-unit",
  },
  "short-frame": {
    target: "unit",
    arguments: [],
    about: "stops in the middle of its answer",
    example: "io-1 short-frame",
  },
  "long-frame": {
    target: "unit",
    arguments: [],
    about: "sends more bytes than its answer has",
    example: "io-1 long-frame",
  },
  exception: {
    target: "unit",
    arguments: [
      { key: "code", required: true, allowed: "an exception code 1..255", read: within(1, 255, true) },
    ],
    about: "refuses everything",
    example: "dx-1 exception 6",
  },
  stuck: {
    target: "unit",
    also: "bmc",
    arguments: [
      {
        key: "sensor",
        required: false,
        allowed: "the name of a sensor",
        read: sensorName,
      },
      { key: "value", required: false, allowed: "a number", read: number },
    ],
    about: "a sensor keeps giving one value, by default the present one",
    example: "probe-inlet stuck temperature at 55",
  },
  "dead-fan": {
    target: "unit",
    also: "bmc",
    arguments: [{ key: "fan", required: true, allowed: "a fan 1..8", read: within(1, 8, true) }],
    about: "a fan stops turning",
    example: "tray-a dead-fan 3",
  },
  lockout: {
    target: "unit",
    arguments: [],
    about: "the air-conditioner's high-pressure switch trips",
    example: "dx-1 lockout",
  },
  lossy: {
    target: "bmc",
    arguments: [share],
    about: "that share of packets is lost, each way",
    example: "bmc-3 lossy 20%",
  },
  duplicate: {
    target: "bmc",
    arguments: [share],
    about: "that share of answers comes twice",
    example: "bmc-3 duplicate 10%",
  },
  reorder: {
    target: "bmc",
    arguments: [share],
    about: "that share of answers is overtaken by the next",
    example: "bmc-3 reorder 10%",
  },
  reboot: {
    target: "bmc",
    arguments: [delay(false)],
    about: "starts anew: silence, by default 12 s, then its sessions are gone",
    example: "bmc-3 reboot",
  },
  "short-sdr": {
    target: "bmc",
    arguments: [],
    about: "does not answer reads of more than 16 bytes of a sensor data record",
    example: "bmc-3 short-sdr",
  },
  "single-session": {
    target: "bmc",
    arguments: [],
    about: "has room for one session",
    example: "bmc-3 single-session",
  },
  "bad-checksum": {
    target: "bmc",
    arguments: [],
    about: "gives messages a wrong check sum inside sound packets",
    example: "bmc-3 bad-checksum with probability 30%",
  },
  hang: {
    target: "bmc",
    arguments: [
      {
        key: "command",
        required: true,
        allowed: "a command as netFn/cmd, such as 04/2d",
        read: (text) => (/^[0-9a-f]{2}\/[0-9a-f]{2}$/i.test(text) ? text.toLowerCase() : undefined),
      },
    ],
    about: "never answers that command",
    example: "bmc-3 hang 04/2d",
  },
  "psu-lost": {
    target: "bmc",
    arguments: [{ key: "supply", required: true, allowed: "a power supply 1..2", read: within(1, 2, true) }],
    about: "the input of a power supply is lost",
    example: "bmc-3 psu-lost 2",
  },
  noise: {
    target: "line",
    arguments: [
      {
        key: "bits",
        required: true,
        allowed: "the share of bits that flip, as 0.001 or 0.1%",
        read: readShare,
      },
    ],
    about: "bits flip at random, both ways",
    example: "line-b noise 0.1%",
  },
  "line-cut": {
    target: "line",
    arguments: [],
    about: "nothing passes, either way",
    example: "line-a line-cut for 10s",
  },
  "door-open": { target: "site", arguments: [], about: "the door stands open", example: "site door-open" },
  "mains-loss": {
    target: "site",
    arguments: [],
    about: "the mains fails",
    example: "site mains-loss for 5m",
  },
  smoke: { target: "site", arguments: [], about: "the smoke detector trips", example: "site smoke" },
  leak: { target: "site", arguments: [], about: "water on the floor", example: "site leak" },
  ...physicalSpecs,
} as const satisfies Record<string, FaultSpec>;

export type FaultKind = keyof typeof faultSpecs;
export const faultKinds = Object.keys(faultSpecs) as readonly FaultKind[];

const units: Record<string, Millis> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `300ms`, `2s`, `1.5m` or `1h`; undefined for anything else. */
export function readDuration(text: string): Millis | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (units[unit ?? ""] ?? NaN);
}

/** 0..1 of `0.3` or `30%`. */
export function readShare(text: string): number | undefined {
  const [, amount, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(amount) / (percent === "%" ? 100 : 1);
  return share >= 0 && share <= 1 ? share : undefined;
}
