import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import { autonomyRange, type Battery, batteryLimits, chargeCurrent } from "../library/battery.ts";
import { initialMains, mainsSettings, type MainsState, mainsStep } from "../library/mains.ts";
import {
  initialShedding,
  type Load,
  sheddingSettings,
  sheddingStep,
  type SheddingResult,
  type SheddingState,
} from "../library/shedding.ts";
import { listed, shown, span } from "../library/timing.ts";
import { wordOf } from "../library/words.ts";
import type { Applied, Observation } from "../sample.ts";
import { select } from "../select.ts";
import { celsius, flag, numberOf, percent, plain, secondsOf, volts } from "../settings.ts";
import { loadsOf, prioritySettings } from "./loads.ts";
import { alarm, each, least, maybe, most, there, unitOf } from "./parts.ts";

const settings = Type.Object({
  ...mainsSettings.properties,
  ...sheddingSettings.properties,
  ...prioritySettings.properties,
  servers: Type.Record(Type.String(), Type.String(), {
    default: {},
    description:
      "Which server an outlet feeds, by their names, e.g. `pdu-1.outlet-1: server-1`: it is shut down before it loses power.",
  }),
  chemistry: wordOf(["lfp", "vrla"], {
    default: "lfp",
    description: "The battery: lithium iron phosphate or sealed lead.",
  }),
  cells: plain({
    default: 16,
    minimum: 1,
    maximum: 400,
    description: "Cells in series: 16 of LFP, 24 of lead, at 48 V.",
  }),
  ampereHours: numberOf("Ah", {
    default: 200,
    minimum: 1,
    maximum: 100_000,
    description: "Capacity at the 10 h rate, new.",
  }),
  milliohms: numberOf("mΩ", {
    default: 20,
    minimum: 0,
    maximum: 10_000,
    description: "Inner resistance of all of it.",
  }),
  peukert: plain({
    default: 1.04,
    minimum: 1,
    maximum: 2,
    description: "Peukert's exponent: 1.03..1.05 LFP, 1.15 lead.",
  }),
  health: percent({
    default: 85,
    minimum: 5,
    description: "Capacity left by age, for the worse of the two estimates.",
  }),
  emptyAt: percent({ default: 10, description: "State of charge at which the battery counts as empty." }),
  disconnectVolts: volts({
    default: 43.2,
    minimum: 10,
    maximum: 400,
    description: "DC bus at which the plant disconnects.",
  }),
  rechargeRate: plain({
    default: 0.15,
    minimum: 0.01,
    maximum: 1,
    description: "Most charging current, in capacities per hour; temperature may want less.",
  }),
  commandCharging: flag({
    default: true,
    description: "Command the plant's charge limit by the battery's temperature.",
  }),
  generatorRunsCooling: plain({
    default: 1,
    minimum: 0,
    maximum: 8,
    description: "Cooling stages on generator.",
  }),
  batteryRunsCooling: plain({
    default: 0,
    minimum: 0,
    maximum: 8,
    description: "Cooling stages on battery; 0 unless they are fed with DC.",
  }),
  coolingAfter: secondsOf({
    default: 60,
    maximum: 3600,
    description: "Between two cooling stages once mains are back.",
  }),
  inletOnBattery: celsius({
    default: 32,
    minimum: 20,
    maximum: 45,
    description: "Inlet temperature others may let it come to on battery.",
  }),
});
type Settings = Static<typeof settings>;

interface State {
  readonly mains: MainsState;
  readonly shedding: SheddingState;
  /** W, filtered. */
  readonly watts: number;
}

/** Mains, battery and loads: who loses power first, and who gets it back. */
export const outage = defineController({
  name: "outage",
  version: "1.0.0",
  summary:
    "Notices outages, estimates how long the battery lasts, sheds loads by priority and brings them back in order",
  period: seconds(2),
  settings,
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
  },
  publishes: {
    onBattery: { text: "1 while mains are out and no generator runs" },
    onGenerator: { text: "1 while a generator carries the site" },
    coolingStages: { text: "Most cooling stages power allows" },
    inletLimit: { unit: "°C", text: "Inlet temperature others may let it come to" },
    autonomy: { unit: "s", text: "How long the battery lasts, at the worst" },
    shed: { text: "Loads without power" },
  },
  failSafe: { loads: null, servers: null, charging: null },
  init: (): State => ({ mains: initialMains, shedding: initialShedding, watts: 0 }),
  check: (s) =>
    s.lowVolts >= s.lowVoltsWarning
      ? `lowVolts ${s.lowVolts} V is not below lowVoltsWarning ${s.lowVoltsWarning} V`
      : s.disconnectVolts > s.lowVolts
        ? `disconnectVolts ${s.disconnectVolts} V is above lowVolts ${s.lowVolts} V`
        : s.shedHot <= s.shedWarm
          ? `shedHot ${s.shedHot} °C is not above shedWarm ${s.shedWarm} °C`
          : undefined,
  step({ inputs, state, settings: s, dt, applied }) {
    const generator = there(inputs.generator).some(({ value }) => value === "running");
    const contact = contactOf(inputs.mains);
    const busVolts = least(inputs.busVolts);
    const mains = mainsStep(
      state.mains,
      {
        ...maybe("contact", contact),
        ...maybe("acVolts", contact === undefined ? most(inputs.acVolts) : undefined),
        ...maybe("busVolts", busVolts),
        ...maybe("batteryAmperes", least(inputs.batteryAmperes)),
        generator,
      },
      s,
      dt,
    );
    const now = most(inputs.loadWatts) ?? state.watts;
    const watts = state.watts === 0 ? now : state.watts + (now - state.watts) * (1 - Math.exp(-dt / 60));
    const charge = least(inputs.charge);
    const celsiusNow = most(inputs.batteryTemperature);
    const lasts = charge === undefined ? undefined : lastsFor(charge, celsiusNow, watts, s);
    const loads = loadsWith(applied, inputs.outlets, inputs.powers, s);
    const shed = sheddingStep(
      state.shedding,
      {
        loads,
        out: mains.out,
        ...maybe("charge", charge),
        ...maybe("autonomy", lasts?.pessimistic),
        ...maybe("busVolts", busVolts),
        ...maybe("inlet", most(inputs.inlet)),
      },
      s,
      dt,
    );
    const stages = mains.out
      ? generator
        ? s.generatorRunsCooling
        : s.batteryRunsCooling
      : Math.min(8, 1 + Math.floor(mains.state.since / Math.max(1, s.coolingAfter)));
    const limit = chargeLimit(celsiusNow, s);
    return {
      outputs: {
        loads: each(applied.loads, ({ device }) =>
          shed.off.includes(device) ? "off" : shed.back.includes(device) ? "on" : null,
        ),
        servers: each(applied.servers, ({ name }) => (asked(name, shed, loads, s) ? "soft" : null)),
        charging: s.commandCharging && applied.charging.length > 0 ? limit : null,
      },
      state: { mains: mains.state, shedding: shed.state, watts },
      reason: reasonOf(mains.out, generator, lasts, shed, loads),
      ...(mains.out ? { leader: generator ? "generator" : "battery" } : {}),
      terms: {
        watts,
        chargeLimit: limit,
        ...maybe("charge", charge),
        ...maybe("optimistic", lasts?.optimistic),
        ...maybe("pessimistic", lasts?.pessimistic),
        shed: shed.off.length + shed.stopping.length,
      },
      limits: shed.reasons,
      alarms: [
        ...powerAlarms(mains, generator, lasts, s),
        ...shedAlarms(shed, loads, busVolts, s),
        ...batteryAlarms(celsiusNow, s),
      ],
      published: {
        onBattery: mains.out && !generator ? 1 : 0,
        onGenerator: mains.out && generator ? 1 : 0,
        coolingStages: stages,
        inletLimit: mains.out ? s.inletOnBattery : 0,
        ...maybe("autonomy", lasts?.pessimistic),
        shed: shed.off.length,
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

const batteryOf = (s: Settings): Battery => ({
  chemistry: s.chemistry,
  cells: s.cells,
  ampereHours: s.ampereHours,
  ohms: s.milliohms / 1000,
  peukert: s.peukert,
});

type Lasts = ReturnType<typeof autonomyRange>;
const lastsFor = (charge: number, temperature: number | undefined, load: number, s: Settings): Lasts =>
  autonomyRange(batteryOf(s), {
    charge: charge / 100,
    least: s.emptyAt / 100,
    leastVolts: s.disconnectVolts,
    watts: load,
    health: s.health / 100,
    temperature: temperature ?? 10,
  });

/** A, to half an ampere, so that the plant's register is seldom written. */
function chargeLimit(temperature: number | undefined, s: Settings): number {
  const limit = Math.min(chargeCurrent(batteryOf(s), temperature), s.rechargeRate * s.ampereHours);
  return Math.min(100, Math.floor(limit * 2) / 2);
}

interface Fed extends Load {
  readonly name: string;
}

function loadsWith(
  applied: { readonly loads: readonly Applied[]; readonly servers: readonly Applied[] },
  outlets: readonly Observation<string>[],
  powers: readonly Observation<string>[],
  s: Settings,
): readonly Fed[] {
  return loadsOf(applied.loads, outlets, s).map((load) => {
    const server = s.servers[load.name];
    const found = server !== undefined && applied.servers.some(({ name }) => isServer(name, server));
    const shows = there(powers).find(({ from }) => server !== undefined && isServer(from, server));
    return { ...load, graceful: found, ...(shows === undefined ? {} : { down: shows.value === "off" }) };
  });
}

const isServer = (name: string, server: string): boolean => name === server || unitOf(name) === server;

const asked = (name: string, shed: SheddingResult, loads: readonly Fed[], s: Settings): boolean =>
  loads.some(({ id, name: outlet }) => {
    const server = s.servers[outlet];
    return shed.stopping.includes(id) && server !== undefined && isServer(name, server);
  });

function reasonOf(
  out: boolean,
  generator: boolean,
  lasts: Lasts | undefined,
  shed: SheddingResult,
  loads: readonly Fed[],
): string {
  const names = [...shed.stopping, ...shed.off].map((id) => loads.find((load) => load.id === id)?.name ?? id);
  const without = names.length === 0 ? "" : `; ${listed(names)} without power: ${listed(shed.reasons)}`;
  if (!out) return `Mains are there${shed.back.length > 0 ? "; loads come back one by one" : ""}${without}`;
  if (generator) return `On generator${without}`;
  const time =
    lasts === undefined
      ? "for how long is not known"
      : `for ${span(lasts.pessimistic)} to ${span(lasts.optimistic)}`;
  return `On battery, ${time}${without}`;
}

function powerAlarms(
  mains: { readonly out: boolean; readonly known: boolean; readonly contradiction: boolean },
  generator: boolean,
  lasts: Lasts | undefined,
  s: Settings,
): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (mains.out) {
    const short = lasts !== undefined && lasts.pessimistic < s.shedMinutes && !generator;
    const time = lasts === undefined ? "" : `; the battery lasts ${span(lasts.pessimistic)} at the worst`;
    alarms.push(
      alarm(
        "mains-out",
        short ? "critical" : "major",
        `mains are out${generator ? ", the generator runs" : time}`,
      ),
    );
  }
  if (!mains.known) alarms.push(alarm("mains-unknown", "warning", "nothing says whether there is mains"));
  if (mains.contradiction) {
    alarms.push(
      alarm("mains-contact", "warning", "the mains contact says present, but the battery carries the load"),
    );
  }
  return alarms;
}

function shedAlarms(
  shed: SheddingResult,
  loads: readonly Fed[],
  busVolts: number | undefined,
  s: Settings,
): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (shed.off.length + shed.stopping.length > 0) {
    const names = [...shed.stopping, ...shed.off].map(
      (id) => loads.find((load) => load.id === id)?.name ?? id,
    );
    alarms.push(alarm("loads-shed", "major", `${listed(names)} lost power: ${listed(shed.reasons)}`));
  }
  if (shed.lowVolts) {
    const text = `the DC bus is at ${shown(busVolts ?? 0)} V; the plant disconnects at ${shown(s.disconnectVolts)} V`;
    alarms.push(alarm("dc-low", "critical", text));
  }
  return alarms;
}

function batteryAlarms(temperature: number | undefined, s: Settings): readonly Alarm[] {
  if (temperature === undefined) return [];
  const { alarm: warm, boost, charge } = batteryLimits[s.chemistry];
  const at = `the battery is at ${shown(temperature)} °C`;
  if (temperature >= charge) return [alarm("battery-hot", "critical", `${at}: charging is stopped`)];
  if (temperature >= boost) return [alarm("battery-hot", "major", `${at}: end equalising`)];
  if (temperature >= warm) return [alarm("battery-hot", "warning", `${at}: its life shortens`)];
  if (chargeCurrent(batteryOf(s), temperature) === 0) {
    return [alarm("battery-cold", "warning", `${at}: it is not charged`)];
  }
  return [];
}
