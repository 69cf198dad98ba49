import type { Random } from "../random.ts";
import type { BmcModel } from "./model.ts";
import type { ServerWorld } from "./world.ts";

/** Measures; undefined while that cannot be done, as with fans while the power is off. */
export type Measure = () => number | undefined;

/** What can be measured inside a server. */
export interface Quantities {
  /** @returns undefined when there is no such quantity */
  readonly find: (source: string) => Measure | undefined;
  /** Lets simulated time pass. @param powered whether the main power is on */
  step(dtSeconds: number, powered: boolean): void;
}

export interface QuantitiesOptions {
  readonly model: Pick<BmcModel, "fans" | "processors" | "supplies">;
  readonly world: ServerWorld;
  readonly random: Random;
  /** Power supplies with voltage at their input, counted from 0. */
  readonly supplied: (supply: number) => boolean;
  /** Fans that do not turn, counted from 0. */
  readonly deadFan: (fan: number) => boolean;
}

const airHeat = 1.2 * 1006; // J/(m³·K)
const topFlow = 0.03; // m³/s with every fan at full speed
const still = 0.002;
const topSpeed = 12_000; // rpm
const processor = { share: 0.3, cooled: 0.35, bare: 1.3, tau: 12 }; // of the power; K/W at full and no speed; s
const control = { start: 48, range: 38, least: 0.3 }; // °C, K and duty of the fan control
const throttleAt = 95;

/** Heat and air inside one server, first order: fans follow the hottest processor. */
export function createQuantities(options: QuantitiesOptions): Quantities {
  const { model, world, random } = options;
  const cpu = Array.from({ length: model.processors }, () => world.inlet() + 25);
  const fans = Array.from({ length: model.fans }, () => topSpeed * control.least);
  let exhaust = world.inlet() + 8;
  let noise = 0;
  let on = true;

  const flow = (): number =>
    still + (topFlow * fans.reduce((sum, speed) => sum + speed / topSpeed, 0)) / Math.max(fans.length, 1);
  const stepFans = (dt: number): void => {
    const hottest = Math.max(world.inlet(), ...cpu);
    const duty = Math.min(
      1,
      Math.max(control.least, control.least + (hottest - control.start) / control.range),
    );
    fans.forEach((speed, i) => {
      const target = on && !options.deadFan(i) ? topSpeed * duty : 0;
      fans[i] = speed + (target - speed) * (1 - Math.exp(-dt / 3));
    });
  };
  const stepHeat = (dt: number): void => {
    const watts = on ? world.power() * processor.share : 0;
    const cooling = Math.min(1, flow() / topFlow);
    const resistance = processor.cooled + (processor.bare - processor.cooled) * (1 - cooling) ** 2;
    cpu.forEach((value, i) => {
      const target = world.inlet() + watts * resistance * (1 + 0.04 * i) + (on ? 4 : 0);
      cpu[i] = value + (target - value) * (1 - Math.exp(-dt / (on ? processor.tau : 90)));
    });
    const out = world.inlet() + world.power() / (airHeat * flow());
    exhaust += (Math.min(out, world.inlet() + 45) - exhaust) * (1 - Math.exp(-dt / 20));
  };

  const supplyPower = (i: number): number => {
    let fed = 0;
    for (let n = 0; n < model.supplies; n++) if (options.supplied(n)) fed++;
    return options.supplied(i) ? world.power() / fed : 0;
  };
  const whenOn =
    (value: () => number): Measure =>
    () =>
      on ? value() : undefined;
  const ripple = (nominal: number): Measure => whenOn(() => nominal * (1 + 0.003 * noise));
  const rise = (share: number): number => share * ((cpu[0] ?? world.inlet()) - world.inlet());
  const table = new Map<string, Measure>([
    ["inlet", () => world.inlet()],
    ["exhaust", () => exhaust],
    ["power", () => world.power()],
    ["chipset", whenOn(() => world.inlet() + 14 + rise(0.2))],
    ["regulator", whenOn(() => world.inlet() + 10 + rise(0.6))],
    ["12v", ripple(12.06)],
    ["5v", ripple(5.02)],
    ["3v3", ripple(3.31)],
    ["core-1", whenOn(() => 1.1 + 0.004 * noise)],
    ["battery", () => 3.05],
  ]);
  for (let i = 0; i < model.processors; i++) {
    table.set(
      `cpu-${i + 1}`,
      whenOn(() => cpu[i] ?? 0),
    );
    table.set(
      `margin-${i + 1}`,
      whenOn(() => (cpu[i] ?? 0) - throttleAt),
    );
  }
  for (let i = 0; i < model.fans; i++)
    table.set(
      `fan-${i + 1}`,
      whenOn(() => fans[i] ?? 0),
    );
  for (let i = 0; i < model.supplies; i++) {
    table.set(`supply-${i + 1}`, () => supplyPower(i));
    table.set(`current-${i + 1}`, () => (world.voltage() > 0 ? supplyPower(i) / world.voltage() : 0));
  }

  return {
    find(source) {
      const [, bank] = /^dimm-(\d+)$/.exec(source) ?? [];
      const warmer = 7 + (Number(bank) % 4);
      return bank === undefined ? table.get(source) : whenOn(() => world.inlet() + warmer + rise(0.25));
    },
    step(dtSeconds, powered) {
      on = powered;
      noise = random.normal();
      stepFans(dtSeconds);
      stepHeat(dtSeconds);
    },
  };
}
