import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import { type LeakResult, leakSettings, type LeakState, leakStep } from "../library/leak.ts";
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
import { loadsOf, prioritySettings } from "./loads.ts";
import { contacts, each, maybe, most, there } from "./parts.ts";
import { alarmsOf, contactAlarms, leaderOf, reasonOf, zoneAlarms } from "./safety-told.ts";
import { leaksByZone, zonesOf } from "./safety-zones.ts";

const wiring = (what: string) =>
  wordOf(["NC", "NO"], {
    default: "NC",
    description: `How a bare contact for ${what} is wired: NC closed at rest, so that a cut wire alarms.`,
  });

const settings = Type.Object({
  ...safetySettings.properties,
  ...leakSettings.properties,
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
  /** Absent: no leak was seen yet. */
  readonly leaks?: LeakState;
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
    const reset = s.resets > state.resets;
    const result = safetyStep(
      state.safety,
      {
        smoke: contacts(inputs.smoke, s.smokeWiring),
        heat: contacts(inputs.heat, s.smokeWiring),
        leak: contacts(inputs.leak, s.leakWiring),
        hydrogen: most(inputs.hydrogen),
        doorOpen: doors.length === 0 ? undefined : doors.some(({ value }) => value === "open"),
        inlet: inlets.hottest,
        reset,
      },
      s,
      dt,
    );
    const leaks = leakStep(state.leaks ?? {}, leaksByZone(inputs.leak, s.leakWiring), reset, s, dt);
    return {
      outputs: wishes(result, leaks, applied, inputs.outlets, s),
      state: { safety: result.state, leaks: leaks.state, resets: s.resets, inlets: inlets.state },
      reason: reasonOf(result, leaks),
      limits: leftOut(inlets),
      alarms: [...alarmsOf(result, leaks), ...contactAlarms(inputs), ...zoneAlarms(inputs.leak, s)],
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
  leaks: LeakResult,
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
  const isIn = ({ tags }: Applied, zones: readonly string[]): boolean =>
    zonesOf(tags).some((zone) => zones.includes(zone));
  const wet = applied.loads.filter((one) => cutLoads || isIn(one, leaks.cut));
  const cut = new Set(loadsOf(wet, outlets, s).flatMap(({ id, priority }) => (priority > 0 ? [id] : [])));
  return {
    fans: smoke
      ? all("fans", 0)
      : { want: each(applied.fans, (fan) => (blows(fan) ? 100 : null)), rank: "lifeSafety" },
    damper: all("damper", smoke || (leak && s.leakRainSide) ? 0 : vent ? 100 : null),
    cooling: all("cooling", smoke || leak ? "off" : null),
    heaters: all("heaters", smoke ? "off" : null),
    servers: {
      want: each(applied.servers, (one) => (fire || isIn(one, leaks.stopping) ? "soft" : null)),
      rank: "lifeSafety",
    },
    loads: {
      want: each(applied.loads, ({ device }) => (cut.has(device) ? "off" : null)),
      rank: "lifeSafety",
    },
    charging: all("charging", hydrogen || fire ? 0 : null),
  };
}
