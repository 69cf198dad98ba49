import type { Alarm } from "../contract.ts";
import type { LeakResult, LeakSettings } from "../library/leak.ts";
import type { SafetyResult } from "../library/safety.ts";
import { listed } from "../library/timing.ts";
import type { Observation } from "../sample.ts";
import { alarm } from "./parts.ts";
import { zonesOf } from "./safety-zones.ts";

/** What decided, when anything did. */
export const leaderOf = (result: SafetyResult): string | undefined =>
  result.fire
    ? "fire"
    : result.smoke
      ? "smoke"
      : result.leak
        ? "leak"
        : result.vent
          ? "hydrogen"
          : result.doorHold
            ? "door"
            : undefined;

function zonesText({ stopping, cut }: LeakResult): string {
  const soon = stopping.filter((zone) => !cut.includes(zone));
  const [off, next] = [listed(cut), listed(soon)];
  return `${off === "" ? "" : `; outlets of zone ${off} without power`}${next === "" ? "" : `; servers of zone ${next} asked to shut down`}`;
}

export function reasonOf(result: SafetyResult, leaks: LeakResult): string {
  if (result.cutLoads) return "Fire: all air stopped, loads without power, charging stopped";
  if (result.fire) return "Fire: all air stopped, servers asked to shut down, loads lose power soon";
  const { smoke, fire, leak } = result.state;
  if (result.smoke)
    return smoke.seen > 0 || fire.seen > 0
      ? "Smoke: fans, cooling and heater stopped, damper shut, until it is gone and reset"
      : "The smoke is gone: fans, cooling and heater stay off, the damper shut, until it is reset";
  if (result.leak) {
    const text =
      leak.seen > 0
        ? "Leak: cooling stopped, until it is gone and reset"
        : "The leak is gone: cooling stays off until it is reset";
    return `${text}${zonesText(leaks)}`;
  }
  if (result.vent) return "Hydrogen: venting, charging stopped";
  if (result.doorHold) return "The door is open: airflow is held back for whoever works there";
  return "Nothing dangerous is seen";
}

export function alarmsOf(result: SafetyResult, leaks: LeakResult): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (result.fire) alarms.push(alarm("fire", "critical", "fire: call the fire brigade; loads lose power"));
  else if (result.smoke) {
    const text = "smoke: all air is stopped, the site will warm up; look, and once it is gone raise `resets`";
    alarms.push(alarm("smoke", "critical", text));
  }
  if (result.leak)
    alarms.push(
      alarm(
        "leak",
        "major",
        `water: cooling is stopped${zonesText(leaks)}; look, and once it is gone raise \`resets\``,
      ),
    );
  if (result.hydrogen) {
    const text = result.vent
      ? "hydrogen: venting, charging is stopped"
      : "hydrogen, but smoke too: not vented";
    alarms.push(alarm("hydrogen", "critical", text));
  }
  if (result.doorTooLong) {
    alarms.push(alarm("door-open", "warning", "the door has been open too long: control goes on as usual"));
  }
  return alarms;
}

/** Detectors that do not answer, and contacts that only tell. */
export function contactAlarms(inputs: {
  readonly smoke: readonly Observation<string>[];
  readonly heat: readonly Observation<string>[];
  readonly leak: readonly Observation<string>[];
  readonly tamper: readonly Observation<string>[];
  readonly panel: readonly Observation<string>[];
  readonly surge: readonly Observation<string>[];
}): readonly Alarm[] {
  const silent = [...inputs.smoke, ...inputs.heat, ...inputs.leak]
    .filter(({ quality }) => quality === "bad")
    .map(({ from, device }) =>
      alarm(`silent:${from}`, "major", `${from} does not answer: nobody watches there`, device),
    );
  const told = (all: readonly Observation<string>[], words: readonly string[], id: string, text: string) =>
    all.some((one) => one.quality !== "bad" && words.includes(one.value)) ? [alarm(id, "warning", text)] : [];
  return [
    ...silent,
    ...(inputs.smoke.length === 0
      ? [alarm("no-smoke-detector", "notice", "no smoke detector is bound")]
      : []),
    ...told(inputs.tamper, ["tampered", "alarm"], "tamper", "somebody tampers with the enclosure"),
    ...told(inputs.panel, ["fault", "alarm"], "fire-panel", "the fire panel reports a fault"),
    ...told(inputs.surge, ["alarm", "fault"], "surge-protector", "the surge protector is used up: change it"),
  ];
}

/** Leak contacts that would cut no outlet although they are to. */
export const zoneAlarms = (all: readonly Observation<string>[], s: LeakSettings): readonly Alarm[] =>
  s.leakCutsOutlets
    ? all
        .filter(({ tags }) => zonesOf(tags).length === 0)
        .map(({ from, device }) => {
          const text = `${from} has no tag zone:… : a leak there takes the power from nothing`;
          return alarm(`leak-zone:${from}`, "notice", text, device);
        })
    : [];
