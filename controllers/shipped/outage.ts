import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import { initialMains, type MainsState, mainsStep } from "../library/mains.ts";
import { initialShedding, type SheddingState, sheddingStep } from "../library/shedding.ts";
import { shortTermStep } from "../library/short-term.ts";
import { heldFor } from "../library/timing.ts";
import { validateInit, type ValidateState } from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { select } from "../select.ts";
import { inletsStep, leftOut } from "./inlets.ts";
import { loadTagAlarms } from "./load-tags.ts";
import { loadsOf } from "./loads.ts";
import {
  batteryAlarms,
  believable,
  chargeLimit,
  type Estimate,
  estimateStep,
  floatVoltage,
} from "./outage-battery.ts";
import { asked, loadsWith, powerAlarms, reasonOf, shedAlarms, warmAlarms } from "./outage-loads.ts";
import { namesAlarms } from "./outage-names.ts";
import { outageCheck, outageSettings } from "./outage-settings.ts";
import { each, least, maybe, most, there } from "./parts.ts";

interface State {
  readonly inlets: ValidateState;
  readonly mains: MainsState;
  readonly shedding: SheddingState;
  /** W, filtered. */
  readonly watts: number;
  /** s on generator. */
  readonly generatorFor?: number;
  /** s of this outage above what inlets may come to on battery. */
  readonly warmFor?: number;
  readonly estimate?: Estimate;
}

/** Mains, battery and loads: who loses power first, and who gets it back. */
export const outage = defineController({
  name: "outage",
  version: "1.0.0",
  summary:
    "Notices outages, estimates how long the battery lasts, sheds loads by priority and brings them back in order",
  period: seconds(2),
  settings: outageSettings,
  inputs: {
    mains: select("type:contact", "point:mains").anyWord(),
    generator: select("type:contact", "point:generator").anyWord(),
    acVolts: select("type:power").of("voltage", "l1").any(),
    busVolts: select("type:dc-plant").of("voltage", "bus").any(),
    loadWatts: select("type:dc-plant").of("watt", "load").any(),
    batteryAmperes: select("type:battery").of("electric-current").any(),
    batteryTemperature: select("type:battery").of("temperature").any(),
    charge: select("type:battery").of("state-of-charge").any(),
    inlet: select("type:temperature", "point:inlet").any(),
    outlets: select("type:outlet").of("switch").anyWord(),
    powers: select("type:power-control").of("state").anyWord(),
  },
  outputs: {
    loads: select("type:outlet").action("switch", { optional: true }),
    servers: select("type:power-control").action("state", { optional: true }),
    charging: select("type:dc-plant").action("charge-limit", { optional: true, deadband: 0.5 }),
    float: select("type:dc-plant").action("float-voltage", {
      unit: "V",
      optional: true,
      deadband: 0.1,
      rise: 0.01,
      fall: 0.01,
    }),
  },
  publishes: {
    onBattery: { text: "1 while mains are out and no generator runs" },
    onGenerator: { text: "1 while a generator carries the site" },
    coolingStages: { text: "Most cooling stages power allows" },
    inletLimit: { unit: "°C", text: "On battery, inlet temperature others may let it come to; 0 otherwise" },
    inletShort: { unit: "°C", text: "The same for a while; 0 once that is over" },
    autonomy: { unit: "s", text: "How long the battery lasts, at the worst" },
    shed: { text: "Loads without power" },
  },
  failSafe: { loads: null, servers: null, charging: null, float: null },
  stateVersion: 2,
  init: (): State => ({
    ...{ inlets: validateInit(), mains: initialMains, shedding: initialShedding },
    watts: 0,
  }),
  // Loads it has taken the power from are not to be forgotten.
  migrate: (state) => ({ ...(state as Omit<State, "inlets">), inlets: validateInit() }),
  check: outageCheck,
  step({ inputs, state, settings: s, dt, applied }) {
    // Nobody loses power because of one probe that its neighbours contradict.
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const generator = there(inputs.generator).some(({ value }) => value === "running");
    const contact = contactOf(inputs.mains);
    const busVolts = least(believable.volts(inputs.busVolts, s));
    const mains = mainsStep(
      state.mains,
      {
        contact,
        acVolts: contact === undefined ? most(inputs.acVolts) : undefined,
        busVolts,
        batteryAmperes: least(inputs.batteryAmperes),
        generator,
      },
      s,
      dt,
    );
    const now = most(inputs.loadWatts) ?? state.watts;
    const watts = state.watts === 0 ? now : state.watts + (now - state.watts) * (1 - Math.exp(-dt / 60));
    const charge = least(believable.percent(inputs.charge));
    // Of several batteries the coldest and the hottest limit what all are charged with.
    const batteries = believable.celsius(inputs.batteryTemperature);
    const extremes = [least(batteries), most(batteries)] as const;
    const estimate =
      charge === undefined
        ? undefined
        : estimateStep(state.estimate, { charge, temperature: extremes[0], watts, urgent: mains.out }, s, dt);
    const lasts = estimate?.lasts;
    const onBattery = mains.out && !generator;
    const warm = shortTermStep(state.warmFor ?? 0, onBattery, inlets.hottest, s, dt);
    const loads = loadsWith(applied, inputs.outlets, inputs.powers, s);
    const shed = sheddingStep(
      state.shedding,
      {
        loads,
        out: mains.out,
        charge,
        autonomy: lasts?.pessimistic,
        busVolts,
        inlet: inlets.hottest,
        allowed: warm.short,
      },
      s,
      dt,
    );
    const generatorFor = heldFor(state.generatorFor ?? 0, mains.out && generator, dt);
    // Compressors start one after the other, whoever feeds them.
    const started = (since: number): number => 1 + Math.floor(since / Math.max(1, s.coolingAfter));
    const stages = mains.out
      ? generator
        ? Math.min(s.generatorRunsCooling, started(generatorFor))
        : s.batteryRunsCooling
      : Math.min(8, started(mains.state.since));
    const limit = Math.min(...extremes.map((celsius) => chargeLimit(celsius, s)));
    const commands = s.commandCharging && applied.charging.length > 0;
    return {
      outputs: {
        loads: each(applied.loads, ({ device }) =>
          shed.off.includes(device) ? "off" : shed.back.includes(device) ? "on" : null,
        ),
        servers: each(applied.servers, ({ name }) => (asked(name, shed, loads, s) ? "soft" : null)),
        charging: commands ? { want: limit, rank: limit > 0 ? "controller" : "equipmentProtection" } : null,
        float: applied.float.length > 0 ? floatVoltage(extremes[1], s) : null,
      },
      state: {
        inlets: inlets.state,
        mains: mains.state,
        shedding: shed.state,
        watts,
        generatorFor,
        warmFor: warm.used,
        ...maybe("estimate", estimate),
      },
      reason: reasonOf(mains.out, generator, lasts, shed, loads),
      ...(mains.out ? { leader: generator ? "generator" : "battery" } : {}),
      terms: {
        watts,
        chargeLimit: limit,
        shed: shed.off.length + shed.stopping.length,
        ...maybe("charge", charge),
        ...maybe("optimistic", lasts?.optimistic),
        ...maybe("pessimistic", lasts?.pessimistic),
      },
      limits: [...shed.reasons, ...leftOut(inlets)],
      alarms: [
        ...powerAlarms(mains, generator, lasts, s),
        ...shedAlarms(shed, loads, busVolts, s),
        ...batteryAlarms(extremes, commands, s),
        ...warmAlarms(onBattery, inlets.hottest, warm, s),
        ...loadTagAlarms(applied.loads),
        ...namesAlarms(loads, applied.servers, s),
      ],
      published: {
        onBattery: onBattery ? 1 : 0,
        onGenerator: mains.out && generator ? 1 : 0,
        coolingStages: stages,
        inletLimit: warm.limit,
        inletShort: warm.short,
        shed: shed.off.length,
        ...maybe("autonomy", lasts?.pessimistic),
      },
    };
  },
  invariants: [
    {
      text: "loads of priority 0 never lose power",
      holds: ({ applied, inputs, settings: s }, { state }) =>
        loadsOf(applied.loads, inputs.outlets, s).every(
          ({ id, priority }) => priority > 0 || (state.shedding.loads[id]?.phase ?? "on") === "on",
        ),
    },
  ],
});

const contactOf = (all: readonly Observation<string>[]): "present" | "failed" | undefined => {
  const words = there(all).map(({ value }) => value);
  if (words.length === 0) return undefined;
  return words.some((word) => word === "failed" || word === "off") ? "failed" : "present";
};
