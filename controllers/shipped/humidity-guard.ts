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
import { listed, shown } from "../library/timing.ts";
import type { Observation } from "../sample.ts";
import { select } from "../select.ts";
import { alarm, least, maybe, median, most, there } from "./parts.ts";

/** Dew point, °C, of sensors that belong together. */
const dewOf = (temperature: readonly Observation[], humidity: readonly Observation[]): number | undefined => {
  const t = median(temperature);
  const rh = median(humidity);
  return t === undefined || rh === undefined ? undefined : dewPoint(t, rh);
};

/** Dew points inside and outdoors, and what moisture forbids. Others obey what it publishes. */
export const humidityGuard = defineController({
  name: "humidity-guard",
  version: "1.0.0",
  summary:
    "Keeps water off equipment: says when outdoor air must stay out, when to dry, and when compressors must rest",
  period: seconds(10),
  settings: humiditySettings,
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
  publishes: {
    dewPoint: { unit: "°C", text: "Dew point inside" },
    outdoorDewPoint: { unit: "°C", text: "Dew point outdoors" },
    margin: { unit: "K", text: "Coldest surface less dew point inside" },
    keepOut: { text: "1 while outdoor air must stay out" },
    dry: { text: "1 while the air is to be dried: damper shut, one stage, slow fans" },
    compressorsRest: { text: "1 while compressors must rest because a door lets moist air in" },
    raiseSupply: { unit: "K", text: "How much warmer supply air should be" },
  },
  failSafe: {},
  init: (): HumidityState => initialHumidity,
  check: (s) =>
    s.dewPointVeryLow >= s.dewPointLow || s.dewPointLow >= s.dewPointHigh
      ? "dewPointVeryLow, dewPointLow and dewPointHigh must rise in this order"
      : undefined,
  step({ inputs, state, settings: s, dt }) {
    const inside = dewOf(inputs.inlet, inputs.humidity);
    const outdoorDew = dewOf(inputs.outdoor, inputs.outdoorHumidity);
    const inlet = most(inputs.inlet) ?? 20;
    const coldest = least([...inputs.surfaces, ...inputs.supply, ...inputs.inlet]);
    const result = humidityStep(
      state,
      {
        inlet,
        ...maybe("dewPoint", inside),
        ...maybe("outdoorDewPoint", outdoorDew),
        ...maybe("coldest", coldest),
        damper: most(inputs.damper) ?? 0,
        doorOpen: there(inputs.door).some(({ value }) => value === "open"),
      },
      s,
      dt,
    );
    return {
      outputs: {},
      state: result.state,
      reason: reasonOf(result),
      terms: {
        ...maybe("dewPoint", result.dewPoint),
        ...maybe("outdoorDewPoint", outdoorDew),
        ...maybe("margin", result.margin),
        raiseSupply: result.raiseSupply,
      },
      limits: result.keepOut,
      alarms: alarmsOf(result, median(inputs.humidity), s),
      published: {
        ...maybe("dewPoint", result.dewPoint),
        ...maybe("outdoorDewPoint", outdoorDew),
        ...maybe("margin", result.margin),
        keepOut: result.keepOut.length > 0 ? 1 : 0,
        dry: result.dry ? 1 : 0,
        compressorsRest: result.compressorsRest ? 1 : 0,
        raiseSupply: result.raiseSupply,
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
