import type { Value } from "../../devices/reading.ts";
import type { DxFace } from "../../simulators/dx-face.ts";
import type { Equipment } from "../../simulators/equipment.ts";
import type { DxSettings } from "../../simulators/modbus/products/dx.ts";

export type Getter = () => Value;
type Setter = (value: number | string) => void;

/** What devices show of the site and do to it, without any wire. */
export interface Values {
  has(alias: string, output: string, channel?: string): boolean;
  takes(alias: string, action: string): boolean;
  /** NaN: the device says that it has no value. */
  getter(alias: string, output: string, channel?: string): Getter | undefined;
  setter(alias: string, action: string): Setter | undefined;
  /** Somebody asked a unit for something: it is not left alone. */
  heard(unit: string): void;
  /** Lets time pass for what units do by themselves when they are left alone. */
  tick(dtSeconds: number): void;
}

interface Maps {
  readonly get: Map<string, Getter>;
  readonly set: Map<string, Setter>;
}

const keyOf = (alias: string, output: string, channel?: string): string =>
  `${alias} ${output}${channel === undefined ? "" : `#${channel}`}`;

export function createValues(equipment: Equipment): Values {
  const maps: Maps = { get: new Map(), set: new Map() };
  const tray = trayValues(maps, equipment);
  probeValues(maps, equipment);
  contactValues(maps, equipment);
  const quiet = equipment.dx.map((face, i) => dxValues(maps, face, `dx-${i + 1}`));
  plantValues(maps, equipment);
  meterValues(maps, equipment);
  pduValues(maps, equipment);
  upsValues(maps, equipment);
  return {
    has: (alias, output, channel) => maps.get.has(keyOf(alias, output, channel)),
    takes: (alias, action) => maps.set.has(keyOf(alias, action)),
    getter: (alias, output, channel) => maps.get.get(keyOf(alias, output, channel)),
    setter: (alias, action) => maps.set.get(keyOf(alias, action)),
    heard(unit) {
      if (unit === "tray-a") tray.heard();
      else if (unit.startsWith("dx-")) quiet[Number(unit.slice(3)) - 1]?.heard();
    },
    tick(dtSeconds) {
      tray.tick(dtSeconds);
      for (const one of quiet) one.tick(dtSeconds);
    },
  };
}

const word = (yes: boolean, then: string, otherwise: string): string => (yes ? then : otherwise);
const tenth = (value: number): number => Math.round(value * 10) / 10;
const hundredth = (value: number): number => Math.round(value * 100) / 100;

interface Alone {
  heard(): void;
  tick(dtSeconds: number): void;
}

function trayValues({ get, set }: Maps, { tray, parameters }: Equipment): Alone {
  const duties = Array.from({ length: parameters.fans.count }, () => parameters.start.fanDuty);
  const alone = { quiet: 0, lossTime: 0, lossDuty: 100, full: false };
  const act = (): void => {
    const lost = alone.lossTime > 0 && alone.quiet >= alone.lossTime;
    duties.forEach((duty, fan) => tray.setDuty(fan, alone.full ? 100 : lost ? alone.lossDuty : duty));
  };
  duties.forEach((_, fan) => {
    const name = `tray-a.fan-${fan + 1}`;
    get.set(`${name} rpm`, () => tray.speed(fan));
    get.set(`${name} duty`, () => duties[fan] ?? 0);
    set.set(`${name} speed`, (value) => {
      duties[fan] = tenth(Number(value));
      act();
    });
    get.set(`tray-a.tray state#fault-${fan + 1}`, () => word(tray.failed(fan), "fault", "normal"));
  });
  get.set("tray-a.board temperature", tray.boardTemperature);
  get.set("tray-a.tray switch#full-speed", () => word(alone.full, "on", "off"));
  get.set("tray-a.tray seconds#bus-loss-time", () => alone.lossTime);
  get.set("tray-a.tray duty#bus-loss", () => alone.lossDuty);
  set.set("tray-a.tray full-speed", (value) => {
    alone.full = value === "on";
    act();
  });
  set.set("tray-a.tray bus-loss-time", (value) => (alone.lossTime = Number(value)));
  set.set("tray-a.tray bus-loss-duty", (value) => (alone.lossDuty = Number(value)));
  return {
    heard: () => (alone.quiet = 0),
    tick(dtSeconds) {
      alone.quiet += dtSeconds;
      act();
    },
  };
}

function probeValues({ get }: Maps, { probes }: Equipment): void {
  for (const { name, temperature, humidity } of probes) {
    get.set(`${name}.temperature temperature`, temperature);
    get.set(`${name}.humidity humidity`, () => Math.min(100, Math.max(0, humidity())));
  }
}

function contactValues({ get, set }: Maps, { io }: Equipment): void {
  const contact = (name: string, closed: () => boolean, then: string, otherwise: string): void => {
    get.set(`io-1.${name} state`, () => word(closed(), then, otherwise));
  };
  contact("door", io.doorContact, "closed", "open");
  contact("smoke", io.smokeContact, "normal", "alarm");
  contact("leak", io.leak, "alarm", "normal");
  contact("mains", io.mains, "present", "failed");
  contact("generator", io.generator, "running", "stopped");
  contact("fire-panel", io.firePanelFault, "fault", "normal");
  contact("tamper", io.tamper, "tampered", "normal");
  for (let relay = 0; relay < 8; relay++) {
    let on = false;
    get.set(`io-1.relay-${relay + 1} switch`, () => word(on, "on", "off"));
    set.set(`io-1.relay-${relay + 1} switch`, (value) => {
      on = value === "on";
      io.relay(relay, on);
    });
  }
}

const dxWords = [
  "off",
  "standby",
  "pre-vent",
  "cooling",
  "economiser",
  "heating",
  "defrost",
  "lockout",
  "fault",
];
const dxAlarms = [
  "high-pressure",
  "low-pressure",
  "filter",
  "airflow",
  "sensor",
  "smoke",
  "condensate",
  "frost",
];
type DxNumber = Exclude<keyof DxSettings, "mode">;
const dxNumbers: readonly (readonly [key: DxNumber, output: string, action: string])[] = [
  ["setpoint", "temperature#setpoint", "setpoint"],
  ["capacityDemand", "duty#capacity-demand", "capacity"],
  ["fanDemand", "duty#fan-demand", "fan"],
  ["damperDemand", "duty#damper-demand", "damper"],
  ["deadBand", "temperature-difference#dead-band", "dead-band"],
  ["minimumOn", "seconds#minimum-on", "minimum-on"],
  ["minimumOff", "seconds#minimum-off", "minimum-off"],
  ["busLoss", "seconds#bus-loss-time", "bus-loss-time"],
];

function dxValues({ get, set }: Maps, face: DxFace, name: string): Alone {
  const { settings } = face;
  const unit = `${name}.unit`;
  get.set(`${name}.return temperature`, face.returnTemperature);
  get.set(`${name}.supply temperature`, face.supplyTemperature);
  get.set(`${name}.outdoor temperature`, face.outdoorTemperature);
  get.set(`${name}.return-humidity humidity`, face.returnHumidity);
  get.set(`${unit} state`, () => dxWords[face.state()] ?? "fault");
  get.set(`${unit} state#mode`, () => settings.mode);
  get.set(`${unit} percentage#capacity`, () => tenth(face.capacity()));
  get.set(`${unit} percentage#damper`, () => tenth(face.damper()));
  get.set(`${unit} watt`, () => Math.round(face.power()));
  get.set(`${unit} seconds#start-allowed-in`, () => Math.ceil(face.secondsToStart()));
  get.set(`${unit} count#compressor-starts`, face.starts);
  get.set(`${unit} run-hours#compressor`, () => face.runSeconds() / 3600);
  dxAlarms.forEach((alarm, bit) =>
    get.set(`${unit} status#${alarm}`, () => word(face.alarms()[bit] === true, "alarm", "normal")),
  );
  set.set(`${unit} mode`, (value) => {
    settings.mode = value === "auto" || value === "remote" ? value : "off";
    face.changed();
  });
  for (const [key, output, action] of dxNumbers) {
    get.set(`${unit} ${output}`, () => settings[key]);
    set.set(`${unit} ${action}`, (value) => {
      settings[key] = tenth(Number(value));
      face.changed();
    });
  }
  set.set(`${unit} reset-lockout`, () => void face.resetLockout());
  let quiet = 0;
  return {
    heard() {
      quiet = 0;
      face.lose(false);
    },
    tick(dtSeconds) {
      quiet += dtSeconds;
      if (settings.busLoss > 0 && quiet >= settings.busLoss) face.lose(true);
    },
  };
}

function plantValues({ get, set }: Maps, { plant, parameters }: Equipment): void {
  const told = {
    float: parameters.plant.floatVolts,
    limit: parameters.plant.chargeLimit,
    first: parameters.plant.nonEssentialVolts,
    last: parameters.plant.disconnectVolts,
  };
  const apply = (): void => {
    plant.hold(told.float);
    plant.limitCharge(told.limit);
    plant.disconnectAt(told.first, told.last);
  };
  const setting = (key: keyof typeof told, output: string, action: string): void => {
    get.set(`dc-1.plant ${output}`, () => told[key]);
    set.set(`dc-1.plant ${action}`, (value) => {
      told[key] = Number(value);
      apply();
    });
  };
  setting("float", "voltage#float", "float-voltage");
  setting("limit", "electric-current#charge-limit", "charge-limit");
  setting("first", "voltage#lvd1", "lvd1-voltage");
  setting("last", "voltage#lvd2", "lvd2-voltage");
  const mains = (): boolean => plant.mainsVoltage() > 90;
  const alarm = (name: string, on: () => boolean): void => {
    get.set(`dc-1.plant status#${name}`, () => word(on(), "alarm", "normal"));
  };
  alarm("mains-fail", () => !mains());
  alarm("module-fail", () => plant.modulesOk() < plant.modules());
  alarm("battery-low", () => plant.charge() < 30);
  alarm("lvd1-open", plant.shed);
  alarm("lvd2-open", plant.disconnected);
  alarm("over-temperature", () => plant.batteryTemperature() > 45);
  get.set("dc-1.plant voltage#bus", () => hundredth(plant.busVoltage()));
  get.set("dc-1.plant electric-current#load", () => tenth(plant.loadCurrent()));
  get.set("dc-1.plant electric-current#rectifiers", () => tenth(plant.rectifierCurrent()));
  get.set("dc-1.plant watt#load", () => Math.round(plant.loadCurrent() * plant.busVoltage()));
  get.set("dc-1.plant count#modules", plant.modules);
  get.set("dc-1.plant count#modules-ok", plant.modulesOk);
  get.set("dc-1.plant state", () => {
    if (plant.shed() || plant.disconnected()) return "lvd-open";
    return word(!mains() || plant.batteryCurrent() < -0.05, "discharge", "float");
  });
  get.set("dc-1.plant watt-hour#delivered", () => Math.round(plant.energy()));
  get.set("dc-1.battery electric-current", () => tenth(plant.batteryCurrent()));
  get.set("dc-1.battery temperature", plant.batteryTemperature);
  get.set("dc-1.battery state-of-charge", () => tenth(plant.charge()));
  get.set("dc-1.battery minutes#autonomy", () => Math.floor(plant.autonomy()));
  get.set("dc-1.mains voltage#l1", () => tenth(plant.mainsVoltage()));
  get.set("dc-1.mains frequency", () => hundredth(plant.mainsFrequency()));
}

function meterValues({ get }: Maps, { meter }: Equipment): void {
  for (const phase of [0, 1, 2] as const) {
    get.set(`meter-1 voltage#l${phase + 1}`, () => meter.voltage(phase));
    get.set(`meter-1 watt#l${phase + 1}`, () => meter.power(phase));
  }
  get.set("meter-1 watt#total", () => meter.power(0) + meter.power(1) + meter.power(2));
  get.set("meter-1 frequency", meter.frequency);
  get.set("meter-1 kilowatt-hour#import", () => meter.energyImported() / 1000);
}

function pduValues({ get, set }: Maps, { pdu }: Equipment): void {
  const factor = 0.96;
  const amperes = (watts: number): number => (pdu.voltage() < 1 ? 0 : watts / pdu.voltage() / factor);
  const outlets = Array.from({ length: pdu.outlets }, (_, i) => i);
  const total = (): number => outlets.reduce((sum, outlet) => sum + pdu.outletPower(outlet), 0);
  get.set("pdu-1.inlet voltage", pdu.voltage);
  get.set("pdu-1.inlet watt", total);
  get.set("pdu-1.inlet electric-current", () => amperes(total()));
  get.set("pdu-1.inlet frequency", pdu.frequency);
  for (const outlet of outlets) {
    const name = `pdu-1.outlet-${outlet + 1}`;
    get.set(`${name} switch`, () => word(pdu.isOn(outlet), "on", "off"));
    get.set(`${name} voltage`, pdu.voltage);
    get.set(`${name} watt`, () => pdu.outletPower(outlet));
    get.set(`${name} electric-current`, () => amperes(pdu.outletPower(outlet)));
    set.set(`${name} switch`, (value) => pdu.switchOutlet(outlet, value === "on"));
  }
}

function upsValues({ get }: Maps, { ups }: Equipment): void {
  if (ups === undefined) return;
  const rated = 1500;
  get.set("ups-1.ups percentage#load", () => (100 * ups.outputPower()) / rated);
  get.set("ups-1.ups voltage#output", () => (ups.outputOn() ? 230 : 0));
  get.set("ups-1.ups voltage#input", ups.inputVoltage);
  get.set("ups-1.ups watt-hour#output", () => Math.round(ups.outputEnergy()));
  get.set("ups-1.battery seconds#runtime", () => Math.round(ups.runtime()));
  get.set("ups-1.battery state-of-charge", ups.charge);
  get.set("ups-1.battery voltage", ups.batteryVoltage);
  get.set("ups-1.battery temperature", ups.temperature);
}
