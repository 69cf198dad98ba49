import {
  delay,
  fan,
  type FaultSpec,
  readNumber,
  readShare,
  sensor,
  share,
  whole,
} from "./fault-arguments.ts";
import { physicalSpecs } from "./physical-faults.ts";

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
    arguments: [whole("code", "an exception code", 1, 255)],
    about: "refuses everything",
    example: "dx-1 exception 6",
  },
  stuck: {
    target: "unit",
    also: "bmc",
    arguments: [
      { ...sensor, required: false },
      { key: "value", required: false, allowed: "a number", read: readNumber },
    ],
    about: "a sensor keeps giving one value, by default the present one",
    example: "probe-inlet stuck temperature at 55",
  },
  "dead-fan": {
    target: "unit",
    also: "bmc",
    arguments: [fan],
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
    arguments: [whole("supply", "a power supply", 1, 2)],
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
