import { packBits, s16, u16, u32, type WordField } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

/** What the plant measures (V, A, °C, %, Hz, Wh) and the switches it has. */
export interface DcPlantWorld {
  readonly busVoltage: () => number;
  readonly loadCurrent: () => number;
  readonly rectifierCurrent: () => number;
  /** Positive while charging. */
  readonly batteryCurrent: () => number;
  readonly batteryTemperature: () => number;
  readonly charge: () => number;
  readonly mainsVoltage: () => number;
  readonly mainsFrequency: () => number;
  readonly modules: () => number;
  readonly modulesOk: () => number;
  /** Minutes; NaN unknown. */
  readonly autonomy: () => number;
  readonly energy: () => number;
  /** V at which the rectifiers hold the bus. */
  readonly hold: (volts: number) => void;
  readonly limitCharge: (amperes: number) => void;
  /** V below which it cuts off what may be lost, and then everything. */
  readonly disconnectAt: (first: number, second: number) => void;
  /** Whether it has done so. */
  readonly shed: () => boolean;
  readonly disconnected: () => boolean;
  readonly feedLoad: (on: boolean) => void;
}

export interface DcPlant extends SimulatedUnit {
  loadConnected(): boolean;
  /** Equalise and test time out as time passes. */
  tick(dtSeconds: number): void;
}

type Phase = "float" | "equalise" | "test";

const identity = 0x4443;
const unknown = 0xffff;
const equaliseSeconds = 4 * 3600;
const testSeconds = 600;
const presentVolts = 90;
const lowCharge = 30;

/** `generic-dcplant-v1`: a 48 V rectifier plant with a battery and low-voltage disconnects. */
export function createDcPlant(world: DcPlantWorld, options: Partial<UnitOptions> = {}): DcPlant {
  const unit = createUnit({
    product: "generic-dcplant-v1",
    functions: [3, 4, 6, 8, 16],
    turnaround: 12,
    ...options,
  });
  const set = { float: 54, equalise: 56.4, limit: 20, lvd1: 43.2, lvd2: 42 };
  let phase: Phase = "float";
  let phaseLeft = 0;
  let byCommand = false;
  const open1 = (): boolean => byCommand || world.shed();

  const enter = (next: Phase, seconds: number): void => {
    phase = next;
    phaseLeft = seconds;
  };
  const obey = (command: number): void => {
    if (command === 1) enter("equalise", equaliseSeconds);
    if (command === 2) enter("float", 0);
    if (command === 3) enter("test", testSeconds);
    if (command === 4) byCommand = false;
    if (command === 5) byCommand = true;
    apply();
  };
  const apply = (): void => {
    world.hold(phase === "equalise" ? set.equalise : set.float);
    world.limitCharge(set.limit);
    world.disconnectAt(set.lvd1, set.lvd2);
    world.feedLoad(!byCommand);
  };
  const mains = (): boolean => world.mainsVoltage() > presentVolts;
  const state = (): number => {
    if (open1() || world.disconnected()) return 4;
    if (!mains() || world.batteryCurrent() < 0) return 2;
    return { float: 0, equalise: 1, test: 3 }[phase];
  };
  const alarms = (): number =>
    packBits([
      !mains(),
      world.modulesOk() < world.modules(),
      world.charge() < lowCharge,
      open1(),
      world.disconnected(),
      world.batteryTemperature() > 45,
    ]);

  defineMeasured(unit, world, state, alarms);
  const keep = (key: keyof typeof set, scale: number, min: number, max: number): WordField =>
    u16({
      get: () => set[key],
      set: (value) => {
        set[key] = value;
        apply();
      },
      scale,
      min,
      max,
    });
  unit.defineWords("holding", 20, keep("float", 100, 48, 58));
  unit.defineWords("holding", 21, keep("equalise", 100, 50, 60));
  unit.defineWords("holding", 22, keep("limit", 10, 0, 100));
  unit.defineWords("holding", 23, keep("lvd1", 100, 40, 48));
  unit.defineWords("holding", 24, keep("lvd2", 100, 40, 48));
  unit.defineWords("holding", 25, u16({ get: () => 0, set: obey, max: 5 }));
  apply();

  return Object.assign(unit, {
    loadConnected: () => !open1() && !world.disconnected(),
    tick(dtSeconds: number) {
      phaseLeft -= dtSeconds;
      if (phase !== "float" && (phaseLeft <= 0 || !mains())) enter("float", 0);
      apply();
    },
  });
}

/** Functions 3 and 4 give the same measured registers. */
function defineMeasured(
  unit: SimulatedUnit,
  world: DcPlantWorld,
  state: () => number,
  alarms: () => number,
): void {
  const named = (name: string, measure: () => number): (() => number) => unit.sensor(name, measure);
  const fields: readonly (readonly [number, WordField])[] = [
    [0, u16({ get: () => identity })],
    [1, u16({ get: named("bus", world.busVoltage), scale: 100 })],
    [2, u16({ get: named("load", world.loadCurrent), scale: 10 })],
    [3, u16({ get: named("rectifier", world.rectifierCurrent), scale: 10 })],
    [4, s16({ get: named("battery", world.batteryCurrent), scale: 10 })],
    [5, s16({ get: named("temperature", world.batteryTemperature), scale: 10 })],
    [6, u16({ get: named("charge", world.charge), scale: 10 })],
    [7, u16({ get: named("mains", world.mainsVoltage), scale: 10 })],
    [8, u16({ get: world.mainsFrequency, scale: 100 })],
    [9, u16({ get: world.modules })],
    [10, u16({ get: world.modulesOk })],
    [11, u16({ get: state })],
    [12, u16({ get: alarms })],
    [13, u16({ get: world.autonomy, absent: unknown })],
    [30, u32({ get: world.energy })],
  ];
  for (const table of ["input", "holding"] as const) {
    for (const [address, field] of fields) unit.defineWords(table, address, field);
  }
}
