import type { DeviceOutput } from "../../devices/device.ts";
import type { DataValue } from "../../devices/ids.ts";
import type { Behaviour, BehaviourParts } from "./behaviour.ts";
import { wholeNumber } from "./behaviour.ts";
import { carouselJson, carouselStatus, fan, fanMulti, led, lock, power, sensor } from "./kinds.ts";
import { emulatorOutput } from "./outputs.ts";
import { Counter, type Range, Walk } from "./signals.ts";

/** A kind of device: what it shows and how it behaves. */
export interface Handler {
  readonly outputs: readonly DeviceOutput[];
  readonly writable: boolean;
  /** Settings in `data` that must be whole numbers, and the least each may be. */
  readonly settings: Readonly<Record<string, number>>;
  make(parts: BehaviourParts): Behaviour;
}

const any = -Infinity;
const signalSettings = { min: any, max: any, step: 1 };
const rpmLimits = { min: "0", max: "2700" };

const named = (...names: readonly string[]): readonly DeviceOutput[] =>
  names.map((name) => ({ output: emulatorOutput(name) }));

const setting = (data: Readonly<Record<string, DataValue>>, key: string, otherwise: number): number =>
  wholeNumber(data[key]) ?? otherwise;

const rangeOf = ({ data }: BehaviourParts, min: number, max: number): Range => ({
  min: setting(data, "min", min),
  max: setting(data, "max", max),
  step: setting(data, "step", 4),
});

/** A number between bounds that wanders. */
const walking = (output: string, min: number, max: number): Handler => ({
  outputs: named(output),
  writable: true,
  settings: signalSettings,
  make: (parts) => sensor(new Walk(rangeOf(parts, min, max), parts.random), parts),
});

/** A number that counts. */
const counting = (output: string, max: number): Handler => ({
  outputs: named(output),
  writable: true,
  settings: signalSettings,
  make: (parts) => sensor(new Counter(rangeOf(parts, 0, max)), parts),
});

/** Every kind of device, by the name of its handler. Synse v3 §8. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["airflow", walking("airflow", -100, 100)],
  ["temperature", walking("temperature", 0, 100)],
  ["pressure", walking("pascal", -5, 5)],
  ["voltage", walking("voltage", 100, 500)],
  ["current", walking("electric-current", 0, 30)],
  ["frequency", walking("frequency", 0, 60)],
  [
    "humidity",
    {
      ...walking("humidity", 0, 100),
      outputs: named("humidity", "percentage", "temperature"),
      make: (parts) => sensor(new Walk(rangeOf(parts, 0, 100), parts.random), parts, true),
    },
  ],
  ["energy", counting("kilowatt-hour", 100_000)],
  ["seconds", counting("seconds", 0)],
  [
    "power",
    {
      ...walking("watt", 1000, 3000),
      outputs: named("watt", "state"),
      make: (parts) => power(new Walk(rangeOf(parts, 1000, 3000), parts.random), parts),
    },
  ],
  [
    "fan",
    {
      outputs: [...named("direction"), { output: emulatorOutput("rpm"), context: rpmLimits }],
      writable: true,
      settings: { seed: any },
      make: (parts) => fan(setting(parts.data, "seed", 0), parts),
    },
  ],
  [
    "fan-multi",
    {
      outputs: [
        ...named("direction"),
        { output: emulatorOutput("rpm"), channel: "measured", context: rpmLimits },
        { output: emulatorOutput("rpm"), channel: "wanted" },
      ],
      writable: true,
      settings: { seed: any },
      make: (parts) => fanMulti(setting(parts.data, "seed", 0), parts),
    },
  ],
  ["led", { outputs: named("state", "color"), writable: true, settings: {}, make: led }],
  ["lock", { outputs: named("status"), writable: true, settings: {}, make: lock }],
  ["status", { outputs: named("status"), writable: false, settings: {}, make: carouselStatus }],
  ["json", { outputs: named("json"), writable: true, settings: {}, make: carouselJson }],
]);
