import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { type Alarm, defineController } from "../contract.ts";
import {
  humiditySettings,
  humidityStep,
  type HumidityResult,
  type HumidityState,
  initialHumidity,
} from "../library/humidity.ts";
import { dewPoint } from "../library/psychrometrics.ts";
import { median as middle } from "../library/filter.ts";
import { oncePer } from "../library/once-per.ts";
import { listed, shown } from "../library/timing.ts";
import {
  checkValidate,
  type Validated,
  validateInit,
  type ValidateState,
  validateStep,
} from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { select } from "../select.ts";
import { inletSettings, inletsStep, leftOut } from "./inlets.ts";
import { alarm, maybe, median, most, there } from "./parts.ts";
import { probesOf, sensorAlarms } from "./zone-parts.ts";

const settings = Type.Object({ ...humiditySettings.properties, ...inletSettings.properties });
type Settings = Static<typeof settings>;

interface State {
  readonly humidity: HumidityState;
  readonly inlets: ValidateState;
  readonly surfaces: ValidateState;
  readonly supply?: ValidateState;
  readonly inside: ValidateState;
  readonly outside: ValidateState;
}

/** Relative humidity is judged as temperature is, by limits of its own, in %. */
const humiditySensors = {
  lowest: 0,
  highest: 104,
  fastest: 5,
  stuckReference: 8,
  voteDelta: 8,
  placeDelta: 20,
};

const forHumidity = oncePer((s: Settings) => ({ ...s, ...humiditySensors }));
/** A coil is much colder than the metal around it. */
const forSurfaces = oncePer((s: Settings) => ({ ...s, placeDelta: 0 }));

/** Of the places that have one. */
const valuesOf = ({ places }: Validated): readonly number[] =>
  places.map(({ value }) => value).filter((value) => value !== undefined);

interface Moisture {
  /** °C */
  readonly dewPoint: number | undefined;
  /** % */
  readonly humidity: number | undefined;
  readonly alarms: readonly Alarm[];
  readonly state: ValidateState;
}

/** Moisture at one place, by the median of its believable humidity sensors. */
function moistureOf(
  before: ValidateState,
  celsius: number | undefined,
  sensors: readonly Observation[],
  s: Settings,
  dt: number,
): Moisture {
  const judged = validateStep(before, probesOf(sensors), { dt, worse: "high" }, forHumidity(s));
  const humidity = middle(valuesOf(judged));
  const known = celsius !== undefined && humidity !== undefined;
  return {
    dewPoint: known ? dewPoint(celsius, Math.min(100, Math.max(1, humidity))) : undefined,
    humidity,
    alarms: sensorAlarms(judged, sensors),
    state: judged.state,
  };
}

/** Dew points inside and outdoors, and what moisture forbids. Others obey what it publishes. */
export const humidityGuard = defineController({
  name: "humidity-guard",
  version: "1.0.0",
  summary:
    "Keeps water off equipment: says when outdoor air must stay out, when to dry, and when compressors must rest",
  period: seconds(10),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").each(),
    humidity: select("type:humidity", "point:inlet").of("humidity").any(),
    outdoor: select("type:temperature", "point:outdoor").any(),
    outdoorHumidity: select("type:humidity", "point:outdoor").of("humidity").any(),
    surfaces: select("type:temperature", "point:surface").any(),
    supply: select("type:temperature", "point:supply").any(),
    damper: select("use:outdoor-air").of("percentage", "damper").any(),
    door: select("type:contact", "point:door").anyWord(),
  },
  outputs: {},
  terms: { raiseSupply: "K", dewPoint: "°C", outdoorDewPoint: "°C", margin: "K" },
  publishes: {
    dewPoint: { unit: "°C", text: "Dew point inside" },
    outdoorDewPoint: { unit: "°C", text: "Dew point outdoors" },
    margin: { unit: "K", text: "Coldest surface less dew point inside" },
    keepOut: { text: "1 while outdoor air must stay out" },
    dry: { text: "1 while the air is to be dried: damper shut, one stage, slow fans" },
    compressorsRest: { text: "1 while compressors must rest because a door lets moist air in" },
    reheatTo: { unit: "°C", text: "Inlet temperature the heater is to bring about; 0: none" },
    air: { unit: "%", text: "Smallest fan duty while surfaces could get wet" },
    raiseSupply: { unit: "K", text: "How much warmer supply air should be" },
  },
  failSafe: {},
  stateVersion: 2,
  init: (): State => ({
    humidity: initialHumidity,
    inlets: validateInit(),
    surfaces: validateInit(),
    inside: validateInit(),
    outside: validateInit(),
  }),
  check: (s) =>
    s.dewPointVeryLow >= s.dewPointLow || s.dewPointLow >= s.dewPointHigh
      ? "dewPointVeryLow, dewPointLow and dewPointHigh must rise in this order"
      : checkValidate({ ...s, worse: "low" }),
  step({ inputs, state, settings: s, dt }) {
    const inlets = inletsStep(state.inlets, inputs.inlet, s, dt, "low");
    const cold = inletsStep(state.surfaces, inputs.surfaces, forSurfaces(s), dt, "low");
    const supply = inletsStep(state.supply ?? validateInit(), inputs.supply, forSurfaces(s), dt, "low");
    const inside = moistureOf(state.inside, middle(valuesOf(inlets.validated)), inputs.humidity, s, dt);
    const outside = moistureOf(state.outside, median(inputs.outdoor), inputs.outdoorHumidity, s, dt);
    const outdoorDew = outside.dewPoint;
    const surfaces = [cold.coldest, inlets.coldest].filter((one) => one !== undefined);
    const result = humidityStep(
      state.humidity,
      {
        inlet: inlets.hottest ?? 20,
        leastInlet: inlets.coldest,
        dewPoint: inside.dewPoint,
        outdoorDewPoint: outdoorDew,
        outdoor: median(inputs.outdoor),
        coldest: surfaces.length === 0 ? undefined : Math.min(...surfaces),
        supply: supply.coldest,
        damper: most(inputs.damper) ?? 0,
        doorOpen: there(inputs.door).some(({ value }) => value === "open"),
      },
      s,
      dt,
    );
    const known = {
      ...maybe("dewPoint", result.dewPoint),
      ...maybe("outdoorDewPoint", outdoorDew),
      ...maybe("margin", result.margin),
    };
    return {
      outputs: {},
      state: {
        humidity: result.state,
        inlets: inlets.state,
        surfaces: cold.state,
        supply: supply.state,
        inside: inside.state,
        outside: outside.state,
      },
      reason: reasonOf(result),
      terms: { raiseSupply: result.raiseSupply, ...known },
      limits: [...result.keepOut, ...leftOut(inlets), ...leftOut(cold), ...leftOut(supply)],
      alarms: [...alarmsOf(result, inside.humidity, s), ...inside.alarms, ...outside.alarms],
      published: {
        keepOut: result.keepOut.length > 0 ? 1 : 0,
        dry: result.dry ? 1 : 0,
        compressorsRest: result.compressorsRest ? 1 : 0,
        raiseSupply: result.raiseSupply,
        reheatTo: result.reheatTo ?? 0,
        air: result.air,
        ...known,
      },
    };
  },
  invariants: [
    {
      text: "the air is not dried while surfaces are wet or outdoor air is let in",
      holds: (_, { published }) => published?.["dry"] !== 1 || published["keepOut"] === 1,
    },
  ],
});

function reasonOf({ dewPoint: dew, keepOut, compressorsRest, measured }: HumidityResult): string {
  const known = dew === undefined ? "Dew point inside not known" : `Dew point inside ${shown(dew)} °C`;
  const how = measured || dew === undefined ? "" : " (estimated: no humidity sensor answers)";
  const kept = keepOut.length === 0 ? "outdoor air may come in" : `outdoor air stays out: ${listed(keepOut)}`;
  const rest = compressorsRest ? "; compressors rest: the door lets moist air in" : "";
  return `${known}${how}; ${kept}${rest}`;
}

function alarmsOf(
  { margin, measured, dewPoint: dew }: HumidityResult,
  humidity: number | undefined,
  s: { readonly surfaceAlarm: number; readonly humidityHigh: number; readonly dewPointLow: number },
): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (margin !== undefined && margin < s.surfaceAlarm) {
    const text = `water may condense: surfaces only ${shown(margin)} K above the dew point; look for an open door or moist air`;
    alarms.push(alarm("condensation", "major", text));
  }
  if (!measured) alarms.push(alarm("humidity-unknown", "warning", "no humidity sensor inside answers"));
  if (humidity !== undefined && humidity > s.humidityHigh) {
    alarms.push(alarm("humid", "notice", `relative humidity at the inlet is ${shown(humidity)} %`));
  }
  if (dew !== undefined && dew < s.dewPointLow) {
    alarms.push(alarm("dry", "notice", `the air inside is dry: dew point ${shown(dew)} °C`));
  }
  return alarms;
}
