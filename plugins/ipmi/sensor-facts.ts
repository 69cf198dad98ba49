import { type Millis, minutes } from "../../devices/clock.ts";
import type { LinkMemory } from "../../devices/plugin.ts";
import type { AskOptions } from "./answer.ts";
import type { Limits, SensorFacts } from "./parts/sensors.ts";
import type { PartDeps } from "./parts/part.ts";
import { effectsOf } from "./quirks.ts";
import { type RawThresholds, thresholdNames } from "./sdr/model.ts";
import { readAllThresholds, type ThresholdValues, thresholdValues } from "./sensors/thresholds.ts";
import type { Sensor } from "./sensors/sensor.ts";

interface Kept {
  readonly raw: RawThresholds;
  readonly values: ThresholdValues;
}

const key = "thresholds-1";
/** Somebody may change thresholds at any time; it hardly ever happens. */
const renewAfter: Millis = minutes(60);

/** The thresholds of a BMC's sensors: those kept at first, then as the BMC says, looked up now and then. */
export class Thresholds implements SensorFacts {
  readonly #deps: PartDeps;
  readonly #memory: LinkMemory;
  readonly #kept = new Map<string, Kept>();
  readonly #limits = new Map<string, Limits>();
  #renewed: Millis = -Infinity;

  constructor(deps: PartDeps, memory: LinkMemory) {
    this.#deps = deps;
    this.#memory = memory;
  }

  get ignoreScanning(): boolean {
    return effectsOf(this.#deps.settings.quirks).sensors.ignoreScanning === true;
  }

  get thresholds(): ReadonlyMap<string, Kept> {
    return this.#kept;
  }

  limitsOf(sensor: Sensor): Limits {
    const known = this.#limits.get(sensor.key);
    if (known !== undefined) return known;
    const limits = inWords(thresholdValues(sensor.analog, sensor.thresholds.raw));
    this.#limits.set(sensor.key, limits);
    return limits;
  }

  /** Those of another time. @param isSame whether the BMC is the one they are of */
  recall(isSame: boolean): void {
    this.#kept.clear();
    this.#limits.clear();
    this.#renewed = -Infinity;
    const kept = isSame ? this.#memory.get(key) : undefined;
    if (typeof kept !== "object" || kept === null) return;
    for (const [sensor, found] of Object.entries(kept)) if (isKept(found)) this.#take(sensor, found);
  }

  /** Asks the BMC, when that was not done lately. @throws BothyError */
  async renew(sensors: readonly Sensor[], options: AskOptions): Promise<void> {
    const { bmc, clock } = this.#deps;
    if (clock.monotonic() - this.#renewed < renewAfter) return;
    const found = await readAllThresholds(bmc, sensors, options);
    this.#renewed = clock.monotonic();
    for (const [sensor, { raw, values }] of found) this.#take(sensor, { raw, values });
    const now = Object.fromEntries([...found].map(([sensor, { raw, values }]) => [sensor, { raw, values }]));
    if (JSON.stringify(this.#memory.get(key)) !== JSON.stringify(now)) this.#memory.set(key, now);
  }

  #take(sensor: string, { raw, values }: Kept): void {
    this.#kept.set(sensor, { raw, values });
    this.#limits.set(sensor, inWords(values));
  }
}

const inWords = (values: ThresholdValues): Limits =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(Number(value.toPrecision(6)))]),
  );

/** What is kept may be of another version, or damaged. */
function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const { raw, values } = value as Record<string, unknown>;
  return areNumbers(raw) && areNumbers(values);
}

const areNumbers = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).every(
    ([name, number]) => (thresholdNames as readonly string[]).includes(name) && typeof number === "number",
  );
