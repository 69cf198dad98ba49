import type { Alarm } from "../contract.ts";
import { compensate, type FanGroup } from "../library/fan-group.ts";
import { fanInit, type FanResult, type FanSettings, type FanState, fanStep } from "../library/fans.ts";
import { levelsStep, type Level, type LevelsState, type WatchSettings } from "../library/alarms.ts";
import type { SensorFault } from "../library/sensor.ts";
import { oncePer } from "../library/once-per.ts";
import { shown } from "../library/timing.ts";
import type { Probe, Validated } from "../library/validate.ts";
import type { Applied, Observation } from "../sample.ts";
import { alarm } from "./parts.ts";

/** The rack something belongs to, by its tag. */
export const rackOf = oncePer((tags: readonly string[]) => tags.find((tag) => /(^|\/)rack:/.test(tag)));

/** Observations as probes: those of one rack, by its tag, stand for the same place. */
export function probesOf(all: readonly Observation[]): readonly Probe[] {
  return all.map((one, index) => {
    let count = 1;
    for (let i = 0; i < index; i++) if (all[i]?.from === one.from) count++;
    const name = count === 1 ? one.from : `${one.from} (${count})`;
    const place = rackOf(one.tags) ?? name;
    return one.quality === "bad"
      ? { name, place, value: undefined }
      : { name, place, value: one.value, age: one.age / 1000 };
  });
}

const faultTexts: Readonly<Record<SensorFault, string>> = {
  missing: "gives nothing; look at its line and its power",
  range: "gives an impossible value; look at its wiring",
  rate: "jumps; its last believable value is used",
  stuck: "has not moved although its neighbours have; replace it",
  vote: "disagrees with its neighbours and is left out; check it",
  recovering: "gives values again and is watched before it is believed",
};

/** What is wrong with a zone's sensors, for people. Each names its device, so that a site tells of it once. */
export function sensorAlarms(validated: Validated, all: readonly Observation[]): Alarm[] {
  const alarms: Alarm[] = [];
  const deviceOf = (probe: string | undefined): string | undefined =>
    all.find(({ from }) => from === probe?.replace(/ \(\d+\)$/, ""))?.device;
  const deviceAt = (at: string): string | undefined =>
    deviceOf(validated.sensors.find(({ place }) => place === at)?.name);
  for (const { name, reason } of validated.sensors)
    if (reason !== undefined && reason !== "rate")
      alarms.push(alarm(`sensor:${name}`, "warning", `${name} ${faultTexts[reason]}`, deviceOf(name)));
  for (const place of validated.disagree) {
    const text = `the sensors of ${place} disagree; check them`;
    alarms.push(alarm(`disagree:${place}`, "warning", text, deviceAt(place)));
  }
  for (const place of validated.alone) {
    const text = `only one sensor of ${place} is left: no redundancy`;
    alarms.push(alarm(`alone:${place}`, "notice", text, deviceAt(place)));
  }
  return alarms;
}

/** A zone nobody measures any more; named by the first of its probes. */
export const noInlet = (all: readonly Observation[]): Alarm =>
  alarm(
    "no-inlet",
    "critical",
    "no inlet sensor is believable: check the sensors and their line",
    all.find(({ device }) => device !== undefined)?.device,
  );

/** Places whose value is known, the hottest first. */
export const placesBetween = (
  validated: Validated,
): readonly { readonly place: string; readonly value: number }[] =>
  validated.places.flatMap(({ place, value }) => (value === undefined ? [] : [{ place, value }]));

const levelTexts: Readonly<Record<Level, readonly [Alarm["severity"], string]>> = {
  "high-critical": ["critical", "equipment is about to be damaged: shed load and send somebody now"],
  "high-major": ["major", "too hot: look at cooling and fans"],
  "high-warning": ["warning", "warmer than it should be"],
  "low-critical": ["critical", "too cold for the equipment"],
  "low-major": ["major", "too cold: look at heater and damper"],
  "low-warning": ["warning", "colder than it should be"],
};

/** Alarms of a temperature that is too high or too low, after their delay. */
export function levelAlarms(
  before: LevelsState,
  inlet: number,
  settings: WatchSettings,
  dt: number,
): { readonly alarms: readonly Alarm[]; readonly state: LevelsState } {
  const { levels, state } = levelsStep(before, inlet, settings, dt);
  const alarms = levels.map((level) => {
    const [severity, text] = levelTexts[level];
    return alarm(`inlet-${level}`, severity, `the hottest inlet is at ${shown(inlet)} °C: ${text}`);
  });
  return { alarms, state };
}

/** What is in force on the whole: the mean of all that is. */
export function appliedMean(targets: readonly Applied[]): number | undefined {
  let sum = 0;
  let count = 0;
  for (const { value } of targets)
    if (typeof value === "number") {
      sum += value;
      count++;
    }
  return count === 0 ? undefined : sum / count;
}

export interface Bank {
  readonly states: Readonly<Record<string, FanState>>;
  readonly results: readonly (readonly [Applied, FanResult])[];
  readonly group: FanGroup;
}

/**
 * Watches every fan an output is bound to, and says what the failed ones mean for the others.
 * @param seen speeds, rpm, and powers, W: a fan that takes power turns, even if its speed sensor says that it does not
 * @param sent what was commanded last, %: taken where nothing is known to be in force
 */
export function bankStep(
  before: Readonly<Record<string, FanState>>,
  targets: readonly Applied[],
  seen: { readonly speeds: readonly Observation[]; readonly fanPower: readonly Observation[] },
  sent: number,
  settings: FanSettings & { readonly fanWatts: number },
  dt: number,
): Bank {
  const rpms = byDevice(seen.speeds);
  const powers = byDevice(seen.fanPower);
  const states: Record<string, FanState> = {};
  const results = targets.map((target) => {
    const { device, value } = target;
    const duty = typeof value === "number" ? value : sent;
    const power = powers.get(device);
    const moves = power === undefined ? undefined : power >= settings.fanWatts;
    const was = before[device] ?? fanInit();
    const rpm = rpms.get(device);
    const silent = rpm === undefined && shouldSay(device, seen.speeds, was);
    const result = fanStep(was, { duty, rpm, silent, moves, dt }, settings);
    states[device] = result.state;
    return [target, result] as const;
  });
  const group = compensate(
    results.map(([, { status, state }]) => (status === "unknown" ? state.status : status)),
    sent,
    settings,
  );
  return { states, results, group };
}

/** Answers of a device that has no such value. */
const hasNone: ReadonlySet<string> = new Set(["ABSENT", "NO_SUCH_POINT", "UNSUPPORTED"]);

/** Whether a fan should say its speed: it has ever turned, or what is read it from does not answer at all. */
const shouldSay = (device: string, speeds: readonly Observation[], { turn }: FanState): boolean =>
  speeds.some(
    (one) => one.device === device && one.quality === "bad" && (turn > 0 || !hasNone.has(one.code)),
  );

/** Of several values of one device the smallest: of a fan with two rotors the slower one. */
function byDevice(all: readonly Observation[]): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const one of all)
    if (one.quality !== "bad" && one.device !== undefined)
      values.set(one.device, Math.min(one.value, values.get(one.device) ?? Infinity));
  return values;
}

/** Each fan's own command: the wanted duty, more for those that stand in for others, all there is for a kick. */
export function dutiesOf(bank: Bank, duty: number): { readonly each: Readonly<Record<string, number>> } {
  const all: Record<string, number> = {};
  const shared = Math.min(100, duty * bank.group.factor);
  for (const [{ device }, result] of bank.results) all[device] = result.override ?? shared;
  return { each: all };
}

/**
 * What is wrong with fans, for people.
 * @param missed whether the air that is left is too little: where others cool as well, only if it gets warm
 */
export function fanAlarms(bank: Bank, settings: FanSettings, missed = bank.group.insufficient): Alarm[] {
  const { results } = bank;
  const none = results.length > 1 && results.every(([, { status }]) => status === "silent");
  const alarms: Alarm[] = none ? [noSpeeds(results.length, results[0]?.[0].device)] : [];
  for (const [{ name, device }, { status, fall }] of results) {
    const told = none ? undefined : statusAlarm(name, status);
    if (told !== undefined) alarms.push(alarm(...told, device));
    if (fall !== undefined && fall > settings.bearingFall)
      alarms.push(
        alarm(
          `fan-worn:${name}`,
          "notice",
          `${name} loses ${shown(fall)} % of its speed per 1000 h: replace its bearing`,
          device,
        ),
      );
  }
  const { remaining, all } = bank.group;
  if (missed)
    alarms.push(
      alarm(
        "fans-insufficient",
        "major",
        `the ${remaining} of ${all} fans that are left cannot move enough air: reduce the load`,
      ),
    );
  return alarms;
}

const noSpeeds = (count: number, device: string | undefined): Alarm =>
  alarm(
    "fans-silent",
    "major",
    `none of ${count} fans says how fast it turns: look at their line and their power`,
    device,
  );

function statusAlarm(
  name: string,
  status: FanResult["status"],
): [string, Alarm["severity"], string] | undefined {
  switch (status) {
    case "failed":
      return [`fan-failed:${name}`, "major", `${name} has failed: replace it; the others make up for it`];
    case "silent":
      return [
        `fan-silent:${name}`,
        "major",
        `${name} gives no speed: look at its line and its power; the others make up for it`,
      ];
    case "kick":
    case "stopped":
      return [`fan-stopped:${name}`, "warning", `${name} stands still and is being started again`];
    case "slow":
      return [`fan-slow:${name}`, "warning", `${name} turns too slowly: clean it or replace its bearing`];
    case "fast":
      return [
        `fan-fast:${name}`,
        "warning",
        `${name} turns too fast: its air is blocked, or a blade is lost`,
      ];
    case "hunting":
      return [`fan-hunting:${name}`, "warning", `${name} hunts: its speed swings at an even duty`];
    case "tach-fault":
      return [
        `fan-tach:${name}`,
        "warning",
        `${name} shows no speed but moves air: its speed sensor has failed`,
      ];
    case "ok":
    case "unknown":
      return undefined;
  }
}

/** A loop that swings wears out what it moves. */
export const oscillationAlarm = (gain: number): Alarm =>
  alarm(
    "oscillation",
    "warning",
    `the loop swings about its setpoint: lower \`gain\` ${shown(gain)} %/K, or find gains with \`bothy controller tune\``,
  );
