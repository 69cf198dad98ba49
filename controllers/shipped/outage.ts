import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import {
  initialShedding,
  type SheddingResult,
  type SheddingState,
  sheddingStep,
} from "../library/shedding.ts";
import { shortTermStep } from "../library/short-term.ts";
import { validateInit, type ValidateState } from "../library/validate.ts";
import type { Wish } from "../outputs.ts";
import { select } from "../select.ts";
import { inletsStep, leftOut } from "./inlets.ts";
import { loadTagAlarms } from "./load-tags.ts";
import { loadsOf } from "./loads.ts";
import { batteryAlarms, floatVoltage } from "./outage-battery.ts";
import { asked, loadsWith, powerAlarms, reasonOf, shedAlarms, warmAlarms } from "./outage-loads.ts";
import { namesAlarms } from "./outage-names.ts";
import { outageCheck, outageSettings } from "./outage-settings.ts";
import { initialSupply, type Supply, type SupplyState, supplyStep } from "./outage-supply.ts";
import { each, maybe } from "./parts.ts";

interface State extends SupplyState {
  readonly inlets: ValidateState;
  readonly shedding: SheddingState;
  /** s of this outage above what inlets may come to on battery. */
  readonly warmFor?: number;
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
  terms: {
    ...{ watts: "W", chargeLimit: "A", charge: "%" },
    ...{ optimistic: "s", pessimistic: "s" },
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
    ...initialSupply,
    ...{ inlets: validateInit(), shedding: initialShedding },
  }),
  // Loads it has taken the power from are not to be forgotten.
  migrate: (state) => ({ ...(state as Omit<State, "inlets">), inlets: validateInit() }),
  check: outageCheck,
  step({ inputs, state, settings: s, dt, applied }) {
    // Nobody loses power because of one probe that its neighbours contradict.
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt);
    const supply = supplyStep(state, inputs, s, dt);
    const { out } = supply.mains;
    const inlet = inlets.hottest;
    const warm = shortTermStep(state.warmFor ?? 0, supply.onBattery, inlet, s, dt);
    const loads = loadsWith(applied, inputs.outlets, inputs.powers, s);
    const { charge, busVolts } = supply;
    const autonomy = supply.lasts?.pessimistic;
    const now = { loads, out, charge, autonomy, busVolts, inlet, allowed: warm.short };
    const shed = sheddingStep(state.shedding, now, s, dt);
    const commands = s.commandCharging && applied.charging.length > 0;
    return {
      outputs: {
        loads: each(applied.loads, ({ device }) =>
          shed.off.includes(device) ? "off" : shed.back.includes(device) ? "on" : null,
        ),
        servers: each(applied.servers, ({ name }) => (asked(name, shed, loads, s) ? "soft" : null)),
        charging: commands ? charging(supply.chargeLimit) : null,
        float: applied.float.length > 0 ? floatVoltage(supply.extremes[1], s) : null,
      },
      state: { ...supply.state, inlets: inlets.state, shedding: shed.state, warmFor: warm.used },
      reason: reasonOf(supply, shed, loads),
      ...(out ? { leader: supply.generator ? "generator" : "battery" } : {}),
      terms: termsOf(supply, shed),
      limits: [...shed.reasons, ...leftOut(inlets)],
      alarms: [
        ...powerAlarms(supply, s),
        ...shedAlarms(shed, loads, busVolts, s),
        ...batteryAlarms(supply.extremes, commands, s),
        ...warmAlarms(supply.onBattery, inlet, warm, s),
        ...loadTagAlarms(applied.loads),
        ...namesAlarms(loads, applied.servers, s),
      ],
      published: {
        onBattery: supply.onBattery ? 1 : 0,
        onGenerator: out && supply.generator ? 1 : 0,
        coolingStages: supply.stages,
        inletLimit: warm.limit,
        inletShort: warm.short,
        shed: shed.off.length,
        ...maybe("autonomy", autonomy),
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

/** A battery too cold or too hot to be charged goes before operators. */
const charging = (limit: number): Wish => ({
  want: limit,
  rank: limit > 0 ? "controller" : "equipmentProtection",
});

const termsOf = (
  { watts, chargeLimit, charge, lasts }: Supply,
  { off, stopping }: SheddingResult,
): Readonly<Record<string, number>> => ({
  ...{ watts, chargeLimit, shed: off.length + stopping.length },
  ...maybe("charge", charge),
  ...maybe("optimistic", lasts?.optimistic),
  ...maybe("pessimistic", lasts?.pessimistic),
});
