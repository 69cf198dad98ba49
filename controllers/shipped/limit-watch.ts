import { Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController, type Severity } from "../contract.ts";
import { delayStep, type DelayState, initialDelay } from "../library/alarms.ts";
import { causeOf } from "../library/fail-safe.ts";
import { type OwnLimit, ownLimit } from "../library/margin.ts";
import { listed, shown } from "../library/timing.ts";
import type { Observation, Sample } from "../sample.ts";
import { select } from "../select.ts";
import { secondsOf } from "../settings.ts";
import { alarm } from "./parts.ts";

const settings = Type.Object({
  limitAfter: secondsOf({
    default: 60,
    maximum: 3600,
    description: "How long a device must say so before it is told, and that it is over.",
  }),
});

/** By sensor: those that are beyond a limit, or were lately. */
type State = Readonly<Record<string, DelayState>>;

const severities: Readonly<Record<string, Severity>> = { critical: "major", "non-recoverable": "critical" };

function limitAlarm({ from, value, context = {}, device }: Sample, unit: string): Alarm {
  const crossed = context["crossed"]?.split(", ").at(-1);
  const limit = crossed === undefined ? undefined : ownLimit({ context }, crossed as OwnLimit);
  const which = limit === undefined ? "a limit of its own" : `its own limit of ${shown(limit)} ${unit}`;
  const severity = severities[context["status"] ?? ""] ?? "major";
  return alarm(
    `own-limit:${from}`,
    severity,
    `${from} is at ${shown(value)} ${unit}, beyond ${which}`,
    device,
  );
}

/** Alarms of what devices say of themselves: a server knows what its processor bears. Commands nothing. */
export const limitWatch = defineController({
  name: "limit-watch",
  version: "1.0.0",
  summary:
    "Tells when sensors of servers and other devices say that they are beyond a critical limit of their own",
  period: seconds(30),
  settings,
  inputs: {
    temperatures: select("type:temperature").of("temperature").any(),
    speeds: select("type:fan").of("rpm").any(),
    voltages: select("type:voltage").of("voltage").any(),
  },
  outputs: {},
  publishes: { beyond: { text: "Sensors that are beyond a critical limit of their own" } },
  failSafe: {},
  init: (): State => ({}),
  step({ inputs, state, settings: { limitAfter }, dt }) {
    const next: Record<string, DelayState> = {};
    const alarms: Alarm[] = [];
    const look = (all: readonly Observation[], unit: string): void => {
      for (const one of all) {
        const before = state[one.from] ?? initialDelay;
        // What cannot be read any more says nothing new.
        const beyond = one.quality === "bad" ? before.on : causeOf(one) === "limit";
        const now = delayStep(before, beyond, { on: limitAfter, off: limitAfter }, dt);
        if (now.on || now.held > 0) next[one.from] = now;
        if (now.on && one.quality !== "bad") alarms.push(limitAlarm(one, unit));
      }
    };
    look(inputs.temperatures, "°C");
    look(inputs.speeds, "rpm");
    look(inputs.voltages, "V");
    const names = alarms.map(({ id }) => id.slice("own-limit:".length));
    return {
      outputs: {},
      state: next,
      reason:
        names.length === 0
          ? "No sensor is beyond a critical limit of its own"
          : `${listed(names.slice(0, 3))}${names.length > 3 ? ` and ${names.length - 3} more` : ""} beyond a critical limit of their own`,
      terms: { beyond: names.length },
      alarms,
      published: { beyond: names.length },
    };
  },
});
