import assert from "node:assert/strict";
import { type Millis, seconds } from "../../devices/clock.ts";
import type { SensorReading } from "../../plugins/ipmi/sensors/reading.ts";
import type { Sensor } from "../../plugins/ipmi/sensors/sensor.ts";
import { createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { fromRaw } from "../../simulators/ipmi/model.ts";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import type { LiveSensor } from "../../simulators/ipmi/sensors.ts";
import { createRandom, type Random } from "../../simulators/random.ts";
import { StruckLine } from "./struck-line.ts";
import type { TestClock } from "./test-clock.ts";

/** Every value changes this often, so that an old one shows. */
const epoch: Millis = 500;
/** What sensors gave is remembered for longer than any request may take. */
const remembered: Millis = seconds(80);

/** What a sensor gave from a moment on: its raw byte or its states; undefined: nothing. */
interface Truth {
  readonly from: Millis;
  readonly given: number | undefined;
}

/** A BMC whose values all change every epoch, and everything it ever gave. */
export class ChangingBmc {
  readonly bmc: SimulatedBmc;
  readonly line: StruckLine;
  readonly #clock: TestClock;
  readonly #seed: number;
  readonly #random: Random;
  readonly #past = new Map<number, Truth[]>();
  #turn: Promise<void> = Promise.resolve();

  constructor(
    name: string,
    clock: TestClock,
    { seed, legacy = false }: { readonly seed: number; readonly legacy?: boolean },
  ) {
    this.#clock = clock;
    this.#seed = seed;
    this.#random = createRandom(seed, `values of ${name}`);
    const model = genericServer();
    // Of every kind some: temperatures, one below zero, fans, voltages, states, several in one record.
    const kept = new Set([1, 3, 5, 6, 0x10, 0x20, 0x22, 0x33, 0x40, 0x43, 0x48]);
    const sensors = model.sensors.filter(({ number }) => kept.has(number));
    this.bmc = createBmc({
      ...{ clock, name, legacy, period: 0, model: { ...model, sensors }, random: createRandom(seed, name) },
    });
    this.line = new StruckLine(this.bmc, clock);
    // The log would do nothing but fill.
    for (const sensor of this.bmc.sensors.all) sensor.eventsOn = false;
    this.#change();
  }

  #change(): void {
    const now = this.#clock.monotonic();
    for (const sensor of this.bmc.sensors.all) sensor.stuck = this.#fresh(sensor);
    this.bmc.tick(epoch / 1000);
    for (const sensor of this.bmc.sensors.all) this.#remember(sensor, now);
    this.#clock.at(now + epoch, () => this.#change());
  }

  #fresh({ model }: LiveSensor): number {
    if (model.kind !== "analog") return this.#random.integer(0x8000);
    const raw = this.#random.integer(256);
    return fromRaw(model, model.signed === true ? raw - 128 : raw);
  }

  #remember(sensor: LiveSensor, now: Millis): void {
    const past = this.#past.get(sensor.number) ?? [];
    const given = sensor.model.kind === "analog" ? sensor.raw & 0xff : sensor.states;
    past.push({ from: now, given: sensor.available ? given : undefined });
    while ((past[1]?.from ?? Infinity) < now - remembered) past.shift();
    this.#past.set(sensor.number, past);
  }

  /** Lets only one at a time switch it, so that what was carried out can be told apart. */
  async alone(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** All a sensor gave from one moment to another. */
  #between(number: number, from: Millis, to: Millis): readonly (number | undefined)[] {
    const past = this.#past.get(number) ?? [];
    return past
      .filter((one, n) => one.from <= to && (past[n + 1]?.from ?? Infinity) >= from)
      .map(({ given }) => given);
  }

  /** Checks that a reading is one the sensor could have given in that time, or says why there is none. @returns which */
  check(sensor: Sensor, reading: SensorReading, from: Millis, to: Millis): "good" | "absent" | "failed" {
    const possible = this.#between(sensor.number, from, to);
    const where = `${sensor.name} from ${from} to ${to}, seed ${this.#seed}`;
    if (reading.unavailable !== undefined) {
      assert.ok(reading.value === undefined && reading.states.length === 0, where);
      if (reading.unavailable.code !== "ABSENT") return "failed";
      assert.ok(possible.includes(undefined), `not absent: ${where}`);
      return "absent";
    }
    const live = this.bmc.sensors.get(sensor.number);
    assert.ok(live !== undefined);
    if (live.model.kind === "analog") {
      const { raw = NaN, value = NaN } = reading;
      assert.ok(possible.includes(raw), `${raw} is none of ${possible.join()}: ${where}`);
      const own = fromRaw(live.model, live.model.signed === true && raw > 127 ? raw - 256 : raw);
      assert.ok(Math.abs(value - own) < 1e-6, `${value} is not ${own}: ${where}`);
    } else {
      const states = reading.states.reduce((bits, { bit }) => bits | (1 << bit), 0);
      assert.ok(possible.includes(states), `states ${states} are none of ${possible.join()}: ${where}`);
    }
    return "good";
  }
}
