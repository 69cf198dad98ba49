import { amount, fan, type FaultSpec, sensor, share, whole } from "./fault-arguments.ts";

/** Of parts of the site; each does what the physics make of it. */
export const physicalSpecs = {
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
