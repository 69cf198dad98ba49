import { completionOf } from "../../../plugins/ipmi/completion.ts";
import { getChassisStatus } from "../../../plugins/ipmi/commands/chassis.ts";
import {
  describeSensors,
  readAll,
  readAllThresholds,
  type Sensor,
  unreadable,
} from "../../../plugins/ipmi/sensors/index.ts";
import { glob } from "../../../devices/glob.ts";
import { nearest } from "../../../devices/nearest.ts";
import { numbered } from "../../../devices/numbered.ts";
import { type OutputOptions, printList } from "../on-call/output.ts";
import { CannotRun, complain, exit, type ExitCode } from "../terminal.ts";
import { type Bmc, bmcName, onBmc } from "./bmc.ts";
import type { LoginOptions } from "./login.ts";
import { recordsOf } from "./records.ts";
import { sensorFields, sensorJson, type SensorRow } from "./sensor-rows.ts";
import { working } from "./working.ts";

export interface SensorsOptions extends LoginOptions, OutputOptions {
  readonly type?: string;
  readonly thresholds?: boolean;
  readonly faults?: boolean;
  readonly strict?: boolean;
}

/** Lists sensors with what they say now. @param names patterns; none: all */
export async function sensors(names: readonly string[], options: SensorsOptions): Promise<ExitCode> {
  const rows = await onBmc(options, "user", (bmc) => read(bmc, names, options));
  const shown = options.faults === true ? rows.filter(isFault) : rows;
  printList(sensorFields(options.thresholds === true), shown, options, sensorJson);
  if (options.json !== true) {
    if (rows.length === 0) complain(`${bmcName(options)} has no sensor that can be read`);
    else if (options.faults === true && shown.length === 0) complain(allWell(rows));
  }
  return options.strict === true && rows.some(isCritical) ? exit.fault : exit.good;
}

/** Sensors that are not in the list. */
function tellOf(sensors: readonly Sensor[]): void {
  const [events, others] = [true, false].map((wanted) =>
    sensors.filter((sensor) => sensor.eventOnly === wanted).map(({ name }) => name),
  );
  const listed = (names: readonly string[] = []): string => [...new Set(names)].join(", ");
  if (events !== undefined && events.length > 0)
    complain(`without a reading, as they only send events (bothy ipmi sel shows them): ${listed(events)}`);
  if (others !== undefined && others.length > 0)
    complain(`without a reading (bothy ipmi sensors NAME says why): ${listed(others)}`);
}

function allWell(rows: readonly SensorRow[]): string {
  const silent = rows.filter(({ reading }) => reading.unavailable !== undefined).length;
  const why = rows.some(({ hostOff }) => hostOff) ? ", as the host is off" : "";
  const rest = silent === 0 ? "" : `; ${silent} of them have no reading${why}`;
  return `none of ${numbered(rows.length, "sensor")} says that anything is wrong${rest}`;
}

const isCritical = ({ reading: { severity } }: SensorRow): boolean =>
  severity === "critical" || severity === "non-recoverable";

const isFault = ({ reading: { severity } }: SensorRow): boolean =>
  severity !== undefined && severity !== "ok";

async function read(
  bmc: Bmc,
  names: readonly string[],
  options: SensorsOptions,
): Promise<readonly SensorRow[]> {
  const { records, warnings, effects } = await recordsOf(bmc);
  for (const warning of warnings) complain(`sensor records: ${warning}`);
  const described = describeSensors(records, effects.sensors);
  const all = described.filter((sensor) => unreadable(sensor) === undefined || names.length > 0);
  const isAll = names.length === 0 && options.type === undefined && options.faults !== true;
  if (isAll && options.json !== true) tellOf(described.filter((sensor) => unreadable(sensor) !== undefined));
  const wanted = ofType(named(all, names), options.type);
  const { client, signal } = bmc;
  const done = working(`asking ${numbered(wanted.length, "sensor")}`);
  try {
    const thresholds =
      options.thresholds === true ? await readAllThresholds(client, wanted, { signal }) : undefined;
    const readings = await readAll(client, wanted, {
      ...effects.sensors,
      signal,
      ...(thresholds === undefined ? {} : { thresholds }),
    });
    const hostOff = readings.some(({ unavailable }) => unavailable !== undefined) && (await isOff(bmc));
    return wanted.flatMap((sensor, i) => {
      const reading = readings[i];
      const limits = thresholds === undefined ? {} : { thresholds: thresholds.get(sensor.key)?.values ?? {} };
      return reading === undefined ? [] : [{ sensor, reading, hostOff, ...limits }];
    });
  } finally {
    done();
  }
}

/** Most sensors of a machine that is off cannot be read, which is no fault. */
async function isOff({ client, signal }: Bmc): Promise<boolean> {
  try {
    return !(await getChassisStatus(client, { signal })).on;
  } catch (thrown) {
    if (completionOf(thrown) !== undefined) return false;
    throw thrown;
  }
}

/** @throws CannotRun for a name or pattern that no sensor has */
function named(all: readonly Sensor[], names: readonly string[]): readonly Sensor[] {
  if (names.length === 0) return all;
  const patterns = names.map((name) => ({ name, fits: glob(name, { single: true, anyCase: true }) }));
  for (const { name, fits } of patterns)
    if (!all.some((sensor) => fits(sensor.name)))
      throw noneOf(
        "sensor",
        name,
        all.map((one) => one.name),
      );
  return all.filter(({ name }) => patterns.some(({ fits }) => fits(name)));
}

/** @throws CannotRun for a type that no sensor has */
function ofType(all: readonly Sensor[], type: string | undefined): readonly Sensor[] {
  if (type === undefined) return all;
  const wanted = type.toLowerCase();
  const found = all.filter(({ typeText }) => typeText.toLowerCase() === wanted);
  if (found.length > 0) return found;
  throw noneOf("type of sensor", type, [...new Set(all.map(({ typeText }) => typeText))]);
}

function noneOf(what: string, word: string, known: readonly string[]): CannotRun {
  const near = nearest(word, known);
  const remedy = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
  return new CannotRun(`there is no ${what} "${word}"; ${remedy}`);
}
