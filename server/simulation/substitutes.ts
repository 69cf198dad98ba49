import type { Equipment } from "../../simulators/equipment.ts";
import type { FaultKind } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import { createProbe } from "../../simulators/modbus/products/probe.ts";
import { shiftOf } from "../../simulators/site-faults.ts";

/** What is shown in place of values while faults of sensors and registers last. */
export interface Substitutes {
  /** Brings them in line with the faults that are active. */
  set(active: readonly ActiveFault[]): void;
  /** @returns NaN for none; undefined: the value itself */
  readonly instead: (unit: string, sensor: string) => number | undefined;
  /** Whether a unit does not answer; the odds of a fault are not looked at. */
  readonly silent: (unit: string) => boolean;
  /** Whether anything of this is going on. */
  readonly any: boolean;
}

const silences: readonly FaultKind[] = ["silent", "exception", "wrong-unit", "late"];

/** The unit of an alias: `tray-a` of `tray-a.fan-3`. */
export const unitOfAlias = (alias: string): string => alias.split(".")[0] ?? alias;

/** The name a sensor has in faults: `fan-3` of a fan's speed, `temperature` of a probe. */
export function sensorOf(alias: string, output: string): string {
  const unit = unitOfAlias(alias);
  const part = alias.slice(unit.length + 1);
  if (part.startsWith("fan-")) return output === "rpm" ? part : "";
  if (unit.startsWith("dx-")) return part === "return-humidity" ? "humidity" : part;
  return part === "board" ? "board" : output;
}

/** @param firstSensor of a unit: what is meant when a fault names none */
export function createSubstitutes(
  equipment: Equipment,
  firstSensor: (unit: string) => string = () => "",
): Substitutes {
  const stuckAt = new Map<string, number>();
  let shifted = new Map<string, number>();
  let silent = new Set<string>();
  let cut = false;
  const hold = (stuck: readonly ActiveFault[]): void => {
    const sensorIn = (one: ActiveFault): string => one.sensor ?? firstSensor(one.target);
    const keys = new Set(stuck.map((one) => `${one.target} ${sensorIn(one)}`));
    for (const key of stuckAt.keys()) if (!keys.has(key)) stuckAt.delete(key);
    for (const one of stuck) {
      const [{ target, value }, sensor] = [one, sensorIn(one)];
      const key = `${target} ${sensor}`;
      if (value !== undefined) stuckAt.set(key, value);
      else if (!stuckAt.has(key)) stuckAt.set(key, presentValue(equipment, target, sensor));
    }
  };
  return {
    set(active) {
      hold(active.filter(({ kind }) => kind === "stuck"));
      const moved = active.filter(({ kind }) => kind === "shifted").map(({ target }) => target);
      shifted = new Map(moved.map((unit) => [unit, shiftOf(active, unit)]));
      silent = new Set(active.filter(({ kind }) => silences.includes(kind)).map(({ target }) => target));
      cut = active.some(({ kind }) => kind === "line-cut");
    },
    instead(unit, sensor) {
      const shift = shifted.get(unit) ?? 0;
      return shift === 0 ? stuckAt.get(`${unit} ${sensor}`) : shiftedValue(equipment, unit, sensor, shift);
    },
    silent: (unit) => cut || silent.has(unit),
    get any() {
      return cut || silent.size + shifted.size + stuckAt.size > 0;
    },
  };
}

/** What a probe's register has when all have moved up by so many, as its map reads it. */
function shiftedValue({ probes }: Equipment, unit: string, sensor: string, shift: number): number {
  const probe = probes.find(({ name }) => name === unit);
  if (probe === undefined) return NaN;
  const registers = createProbe({ ...probe, unitId: 1 });
  registers.shift = shift;
  const [first = 0, second = 0] = registers.readWords("input", 1, 2);
  const [raw, most] = sensor === "humidity" ? [second, 100] : [first < 0x8000 ? first : first - 0x10000, 80];
  return raw / 10 > most ? NaN : raw / 10;
}

function presentValue(equipment: Equipment, unit: string, sensor: string): number {
  if (sensor.startsWith("fan-")) return equipment.tray.speed(Number(sensor.slice(4)) - 1);
  let value = NaN;
  equipment.sensors.each((of, name, one) => {
    if (of === unit && name === sensor) value = one.value();
  });
  return value;
}
