import { createHash } from "node:crypto";
import type { Clock, Millis } from "../clock.ts";
import type { Random } from "../random.ts";
import { createBootOptions } from "./boot-options.ts";
import { createChassis } from "./chassis.ts";
import type { BmcOptions } from "./bmc-options.ts";
import type { BmcFaults } from "./faults.ts";
import { fruImage } from "./fru.ts";
import { createHost, type Host, restartCause } from "./host.ts";
import { createLanParameters } from "./lan-parameters.ts";
import type { LanIdentity } from "./lan/handshake.ts";
import { createSessionTable, type Peer } from "./lan/sessions.ts";
import { genericServer } from "./models/generic-server.ts";
import type { BmcParts } from "./parts.ts";
import { createPef, type Pef } from "./pef.ts";
import { createPowerControl } from "./power-control.ts";
import { createPowerMeter } from "./power-meter.ts";
import { createQuantities } from "./quantities.ts";
import { createRepository } from "./repository.ts";
import { createEventLog, type EventLog } from "./sel.ts";
import { createSensors, type SensorEvent, type Sensors } from "./sensors.ts";
import { statesOf } from "./states.ts";
import { createUsers, defaultUsers } from "./users.ts";
import { createWatchdog } from "./watchdog.ts";
import { createFixedWorld } from "./world.ts";

export interface Assembled {
  readonly parts: BmcParts;
  /** Whether any power supply has power. */
  readonly supplied: () => boolean;
  tick(dtSeconds: number, alive: boolean): void;
  close(): void;
}

/** What the parts ask of the world outside. */
export interface Outward {
  readonly restart: () => void;
  readonly trap: (packet: Buffer, to: Peer) => void;
}

const idleLimit: Millis = 60_000;
const halfOpenLimit: Millis = 5000;
const usualSuites = [3, 17];

/** Makes all parts of a BMC and joins them. */
export function assemble(
  options: BmcOptions,
  name: string,
  random: Random,
  faults: BmcFaults,
  outward: Outward,
): Assembled {
  const { clock } = options;
  const world = options.world ?? createFixedWorld();
  const supplied = (supply: number): boolean => world.voltage() > 0 && !faults.lostSupplies.has(supply + 1);
  const records = createRecords(options, name, outward);
  const { model, meter, log, chassis, pef } = records;
  const quantities = createQuantities({
    ...{ model, world, random, supplied },
    deadFan: (fan) => faults.deadFans.has(fan + 1),
  });
  const sensors = createSensors({
    models: model.sensors,
    quantities,
    states: statesOf({ chassis, log, supplied, host: () => host }),
    happened: (event, { model: { entity } }) => record(event, entity, log, pef),
  });
  const control = createPowerControl({ clock, world, meter, activity: options.running === false ? 0 : 1 });
  const host: Host = createHost({
    clock,
    random,
    ...(options.timing === undefined ? {} : { timing: options.timing }),
    ...(options.running === undefined ? {} : { running: options.running }),
    changed(changed, happened) {
      control.drive(changed.activity);
      if (happened === "nmi") sensors.fire("nmi", [0x03, 0xff, 0xff]);
      if (happened === "start" || happened === "reset") {
        records.bootOptions.booted();
        chassis.powerLost &&= changed.restartCause !== restartCause.command;
      }
      if (changed.state === "off" || happened === "reset") watchdog.stop();
    },
  });
  const watchdog = watchdogOf(clock, host, sensors);
  const parts = { ...records, host, watchdog, sensors, clock, ...rest(options, records, random, outward) };
  sensors.scan();
  return {
    parts: { ...parts, record: (bytes) => recordRaw(bytes, parts) },
    supplied() {
      for (let n = 0; n < model.supplies; n++) if (supplied(n)) return true;
      return false;
    },
    tick(dtSeconds, alive) {
      quantities.step(dtSeconds, host.powered);
      if (!alive) return;
      if (control.exceeded()) host.ask("off");
      meter.sample(world.power());
      sensors.scan();
    },
    close() {
      host.close();
      watchdog.stop();
      records.bootOptions.close();
      pef.close();
    },
  };
}

type Records = Pick<
  BmcParts,
  | "model"
  | "guid"
  | "log"
  | "chassis"
  | "bootOptions"
  | "meter"
  | "lan"
  | "pef"
  | "seconds"
  | "setSeconds"
  | "login"
>;

/** The parts that only keep something. */
function createRecords(options: BmcOptions, name: string, outward: Outward): Records {
  const { clock } = options;
  const model = options.model ?? genericServer();
  const { guid, suites, kg } = identityOf(options, name);
  let ahead: Millis = 0;
  const seconds = (): number => Math.floor((clock.now() + ahead) / 1000);
  const lan = createLanParameters({ mac: [0x02, ...guid.subarray(0, 5)], suites });
  return {
    model,
    guid,
    log: createEventLog(model.logCapacity, seconds),
    chassis: createChassis(clock),
    bootOptions: createBootOptions(clock),
    meter: createPowerMeter(clock),
    lan,
    pef: createPef({
      ...{ clock, model, guid, lan, seconds },
      port: options.trapPort ?? 162,
      send: outward.trap,
    }),
    seconds,
    setSeconds(wanted) {
      ahead = wanted * 1000 - clock.now();
    },
    login: { suites, kg: kg !== undefined, legacy: options.legacy ?? false },
  };
}

function rest(
  options: BmcOptions,
  { model }: Records,
  random: Random,
  outward: Outward,
): Pick<BmcParts, "users" | "sessions" | "repository" | "frus" | "restart"> {
  return {
    users: createUsers(options.users ?? defaultUsers),
    sessions: createSessionTable({
      ...{ clock: options.clock, random },
      limit: options.sessions ?? 8,
      idle: idleLimit,
      halfOpen: halfOpenLimit,
    }),
    repository: createRepository(model),
    frus: model.frus.map(fruImage),
    restart: outward.restart,
  };
}

/**
 * A GUID in the order of the specification: the last byte of its text first. Tools guess the order by where the version
 * stands; there is one only where it is in this order. IPMI v2.0 §20.8
 */
function guidOf(name: string): Buffer {
  const bytes = createHash("sha256").update(name).digest().subarray(0, 16).reverse();
  bytes[9] = 0x50 | ((bytes[9] ?? 0) & 0x0f); // version 5, by a name
  bytes[7] = 0x80 | ((bytes[7] ?? 0) & 0x3f);
  bytes[6] = 0xf0 | ((bytes[6] ?? 0) & 0x0f);
  return bytes;
}

/** What a BMC shows of itself to whoever opens a session. The GUID follows from the name. */
export function identityOf(options: BmcOptions, name: string): LanIdentity {
  const guid = guidOf(name);
  const kg = options.kg === undefined ? undefined : Buffer.from(options.kg);
  return { guid, suites: options.suites ?? usualSuites, ...(kg === undefined ? {} : { kg }) };
}

function watchdogOf(clock: Clock, host: Host, sensors: Sensors): BmcParts["watchdog"] {
  const actions = [undefined, "reset", "off", "cycle"] as const;
  return createWatchdog({
    clock,
    expired(action, use) {
      if (use !== 0) sensors.fire("watchdog", [0xc0 | Math.min(action, 3), use, 0xff]);
      const asked = actions[action];
      if (asked !== undefined && host.powered) host.ask(asked, restartCause.watchdog);
    },
    warned: (use, interrupt) => sensors.fire("watchdog", [0xc8, (interrupt << 4) | use, 0xff]),
  });
}

const bmcAddress = 0x20;
const eventRevision = 0x04;

function record(event: SensorEvent, entity: readonly [number, number], log: EventLog, pef: Pef): void {
  const kind = (event.deassert ? 0x80 : 0) | event.eventType;
  log.addEvent([bmcAddress, 0, eventRevision, event.type, event.sensor, kind, ...event.data]);
  pef.consider({ ...event, sensorType: event.type, entity });
}

/** An event somebody else reported. */
function recordRaw(bytes: readonly number[], parts: Pick<BmcParts, "log" | "pef" | "sensors">): void {
  parts.log.addEvent(bytes);
  const [, , , sensorType = 0, sensor = 0, kind = 0, data1 = 0, data2 = 0xff, data3 = 0xff] = bytes;
  parts.pef.consider({
    sensorType,
    sensor,
    entity: parts.sensors.get(sensor)?.model.entity ?? [0, 0],
    data: [data1, data2, data3],
    eventType: kind & 0x7f,
    deassert: (kind & 0x80) !== 0,
  });
}
