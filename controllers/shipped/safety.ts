import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  initialSafety,
  type SafetyResult,
  safetySettings,
  type SafetyState,
  safetyStep,
} from "../library/safety.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import { wordOf } from "../library/words.ts";
import type { Wish } from "../outputs.ts";
import type { Applied, Observation } from "../sample.ts";
import { select } from "../select.ts";
import { kelvin, plain } from "../settings.ts";
import { inletSettings, inletsStep, leftOut } from "./inlets.ts";
import { alarm, contacts, each, maybe, most, there } from "./parts.ts";
import { loadsOf, prioritySettings } from "./loads.ts";

const wiring = (what: string) =>
  wordOf(["NC", "NO"], {
    default: "NC",
    description: `How a bare contact for ${what} is wired: NC closed at rest, so that a cut wire alarms.`,
  });

const settings = Type.Object({
  ...safetySettings.properties,
  ...prioritySettings.properties,
  ...inletSettings.properties,
  placeDelta: kelvin({
    default: 0,
    description:
      "A place further than this from the others is left out. 0: none is; fire may be at one place alone.",
  }),
  smokeWiring: wiring("smoke"),
  leakWiring: wiring("leaks"),
  resets: plain({
    default: 0,
    minimum: 0,
    maximum: 1e6,
    description: "Raise it by one to reset what is latched: smoke, fire, leaks.",
  }),
});
type Settings = Static<typeof settings>;

interface State {
  readonly safety: SafetyState;
  readonly resets: number;
  readonly inlets: ValidateState;
}

/** Smoke, fire, leaks, hydrogen, doors: commands with the strongest rank, and gives everything up otherwise. */
export const safety = defineController({
  name: "safety",
  version: "1.0.0",
  summary:
    "Stops all air on smoke, cuts loads on fire, vents hydrogen, stops cooling on leaks, holds air back at an open door",
  period: seconds(1),
  settings,
  inputs: {
    smoke: select("type:contact", "point:smoke").eachWord({ minGood: 0 }),
    heat: select("type:contact", "point:heat").anyWord(),
    leak: select("type:contact", "point:leak").anyWord(),
    door: select("type:contact", "point:door").anyWord(),
    tamper: select("type:contact", "point:tamper").anyWord(),
    panel: select("type:contact", "point:fire-panel").anyWord(),
    surge: select("type:contact", "point:surge-protector").anyWord(),
    hydrogen: select("point:hydrogen").any(),
    inlet: select("type:temperature", "point:inlet").any(),
    outlets: select("type:outlet").of("switch").anyWord(),
  },
  outputs: {
    fans: select("type:fan").action("speed", { unit: "%", optional: true }),
    damper: select("use:outdoor-air").action("damper", { unit: "%", optional: true }),
    cooling: select("type:air-conditioner").action("mode", { optional: true }),
    heaters: select("type:relay", "use:heater").action("switch", { optional: true }),
    servers: select("type:power-control").action("state", { optional: true }),
    loads: select("type:outlet").action("switch", { optional: true }),
    charging: select("type:dc-plant").action("charge-limit", { optional: true }),
  },
  publishes: {
    smoke: { text: "1 while smoke or fire is latched" },
    doorHold: { text: "1 while an open door holds airflow back" },
    leak: { text: "1 while a leak is latched" },
    vent: { text: "1 while hydrogen is vented" },
  },
  failSafe: {
    fans: null,
    damper: null,
    cooling: null,
    heaters: null,
    servers: null,
    loads: null,
    charging: null,
  },
  stateVersion: 2,
  // What was latched before stays so.
  migrate: (state, _from, { resets }): State => ({
    ...(state as Pick<State, "safety">),
    resets,
    inlets: validateInit(),
  }),
  init: ({ resets }): State => ({ safety: initialSafety, resets, inlets: validateInit() }),
  check: (s) => checkValidate({ ...s, worse: "high" }),
  step({ inputs, state, settings: s, dt, applied }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const doors = there(inputs.door);
    const result = safetyStep(
      state.safety,
      {
        smoke: contacts(inputs.smoke, s.smokeWiring),
        heat: contacts(inputs.heat, s.smokeWiring),
        leak: contacts(inputs.leak, s.leakWiring),
        hydrogen: most(inputs.hydrogen),
        doorOpen: doors.length === 0 ? undefined : doors.some(({ value }) => value === "open"),
        inlet: inlets.hottest,
        reset: s.resets > state.resets,
      },
      s,
      dt,
    );
    return {
      outputs: wishes(result, applied, inputs.outlets, s),
      state: { safety: result.state, resets: s.resets, inlets: inlets.state },
      reason: reasonOf(result),
      limits: leftOut(inlets),
      alarms: [...alarmsOf(result), ...contactAlarms(inputs)],
      published: {
        smoke: result.smoke ? 1 : 0,
        doorHold: result.doorHold ? 1 : 0,
        leak: result.leak ? 1 : 0,
        vent: result.vent ? 1 : 0,
      },
      ...maybe("leader", leaderOf(result)),
    };
  },
  invariants: [
    {
      text: "smoke stops every fan",
      holds: ({ applied }, { published, outputs }) => {
        if (published?.["smoke"] !== 1) return true;
        const wish = outputs.fans;
        if (typeof wish !== "object" || wish === null || !("want" in wish)) return false;
        const { want } = wish;
        return (
          typeof want === "object" &&
          want !== null &&
          applied.fans.every(({ device }) => want.each[device] === 0)
        );
      },
    },
  ],
});

const isExhaust = (tags: readonly string[]): boolean => tags.some((tag) => tag.endsWith("use:exhaust"));

type Named = "fans" | "damper" | "cooling" | "heaters" | "servers" | "loads" | "charging";

function wishes(
  { smoke, fire, cutLoads, leak, vent, hydrogen }: SafetyResult,
  applied: Readonly<Record<Named, readonly Applied[]>>,
  outlets: readonly Observation<string>[],
  s: Settings,
): Readonly<Record<Named, Wish>> {
  const all = (name: Named, value: number | string | null): Wish => ({
    want: each(applied[name], () => value),
    rank: "lifeSafety",
  });
  const exhaust = vent && applied.fans.some(({ tags }) => isExhaust(tags));
  const blows = ({ tags }: Applied): boolean => vent && (!exhaust || isExhaust(tags));
  const loads = cutLoads ? loadsOf(applied.loads, outlets, s) : [];
  const cut = new Set(loads.filter(({ priority }) => priority > 0).map(({ id }) => id));
  return {
    fans: smoke
      ? all("fans", 0)
      : { want: each(applied.fans, (fan) => (blows(fan) ? 100 : null)), rank: "lifeSafety" },
    damper: all("damper", smoke || (leak && s.leakRainSide) ? 0 : vent ? 100 : null),
    cooling: all("cooling", smoke || leak ? "off" : null),
    heaters: all("heaters", smoke ? "off" : null),
    servers: all("servers", fire ? "soft" : null),
    loads: {
      want: each(applied.loads, ({ device }) => (cut.has(device) ? "off" : null)),
      rank: "lifeSafety",
    },
    charging: all("charging", hydrogen || fire ? 0 : null),
  };
}

const leaderOf = (result: SafetyResult): string | undefined =>
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

function reasonOf(result: SafetyResult): string {
  if (result.cutLoads) return "Fire: all air stopped, loads without power, charging stopped";
  if (result.fire) return "Fire: all air stopped, servers asked to shut down, loads lose power soon";
  const { smoke, fire, leak } = result.state;
  if (result.smoke)
    return smoke.seen > 0 || fire.seen > 0
      ? "Smoke: fans, cooling and heater stopped, damper shut, until it is gone and reset"
      : "The smoke is gone: fans, cooling and heater stay off, the damper shut, until it is reset";
  if (result.leak)
    return leak.seen > 0
      ? "Leak: cooling stopped, until it is gone and reset"
      : "The leak is gone: cooling stays off until it is reset";
  if (result.vent) return "Hydrogen: venting, charging stopped";
  if (result.doorHold) return "The door is open: airflow is held back for whoever works there";
  return "Nothing dangerous is seen";
}

function alarmsOf(result: SafetyResult): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (result.fire) alarms.push(alarm("fire", "critical", "fire: call the fire brigade; loads lose power"));
  else if (result.smoke) {
    const text = "smoke: all air is stopped, the site will warm up; look, and once it is gone raise `resets`";
    alarms.push(alarm("smoke", "critical", text));
  }
  if (result.leak)
    alarms.push(
      alarm("leak", "major", "water: cooling is stopped; look, and once it is gone raise `resets`"),
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
function contactAlarms(inputs: {
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
