import { type Millis, minutes } from "../../devices/clock.ts";
import type { AskOptions } from "./answer.ts";
import type { Limits, SensorFacts } from "./parts/sensors.ts";
import type { PartDeps } from "./parts/part.ts";
import { effectsOf } from "./quirks.ts";
import type { RawThresholds } from "./sdr/model.ts";
import { readAllThresholds, type ThresholdValues, thresholdValues } from "./sensors/thresholds.ts";
import type { Sensor } from "./sensors/sensor.ts";

/** Somebody may change thresholds at any time; it hardly ever happens. */
const renewAfter: Millis = minutes(60);

/** The thresholds of a BMC's sensors: those of their records at first, then as the BMC says, looked up now and then. */
export class Thresholds implements SensorFacts {
  readonly #deps: PartDeps;
  readonly #known = new Map<string, { readonly raw: RawThresholds }>();
  readonly #limits = new Map<string, Limits>();
  #renewed: Millis = -Infinity;

  constructor(deps: PartDeps) {
    this.#deps = deps;
  }

  get ignoreScanning(): boolean {
    return effectsOf(this.#deps.settings.quirks).sensors.ignoreScanning === true;
  }

  get thresholds(): ReadonlyMap<string, { readonly raw: RawThresholds }> {
    return this.#known;
  }

  limitsOf(sensor: Sensor): Limits {
    const known = this.#limits.get(sensor.key);
    if (known !== undefined) return known;
    const limits = inWords(thresholdValues(sensor.analog, sensor.thresholds.raw));
    this.#limits.set(sensor.key, limits);
    return limits;
  }

  /** Something has changed: they are asked for anew. */
  forget(): void {
    this.#known.clear();
    this.#limits.clear();
    this.#renewed = -Infinity;
  }

  /** Asks the BMC, when that was not done lately. @throws BothyError */
  async renew(sensors: readonly Sensor[], options: AskOptions): Promise<void> {
    const { bmc, clock } = this.#deps;
    if (clock.monotonic() - this.#renewed < renewAfter) return;
    const found = await readAllThresholds(bmc, sensors, options);
    this.#renewed = clock.monotonic();
    for (const [sensor, { raw, values }] of found) {
      this.#known.set(sensor, { raw });
      this.#limits.set(sensor, inWords(values));
    }
  }
}

const inWords = (values: ThresholdValues): Limits =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(Number(value.toPrecision(6)))]),
  );
