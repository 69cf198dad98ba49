import { s16, setting, u16 } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

export interface ProbeWorld {
  /** °C */
  readonly temperature: () => number;
  /** % RH */
  readonly humidity: () => number;
  /** The unit id set on it, shown in its settings. */
  readonly unitId: number;
}

/** XY-MD02: temperature and humidity. Its corrections are added to what it measures. */
export function createProbe(world: ProbeWorld, options: Partial<UnitOptions> = {}): SimulatedUnit {
  const unit = createUnit({
    product: "xy-md02",
    functions: [3, 4, 6],
    turnaround: 10,
    ...options,
  });
  const correction = { min: -10, max: 10, scale: 10, signed: true };
  const temperatureOffset = setting(0, correction);
  const humidityOffset = setting(0, correction);
  const temperature = unit.sensor("temperature", world.temperature);
  const humidity = unit.sensor("humidity", world.humidity);
  unit.defineWords("input", 1, s16({ get: () => temperature() + temperatureOffset.value, scale: 10 }));
  const corrected = (): number => Math.min(100, Math.max(0, humidity() + humidityOffset.value));
  unit.defineWords("input", 2, u16({ get: corrected, scale: 10 }));
  unit.defineWords("holding", 0x101, setting(world.unitId, { min: 1, max: 247 }).field); // after power-up
  unit.defineWords("holding", 0x102, setting(0, { max: 2 }).field);
  unit.defineWords("holding", 0x103, temperatureOffset.field);
  unit.defineWords("holding", 0x104, humidityOffset.field);
  return unit;
}
