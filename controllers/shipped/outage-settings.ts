import { type Static, Type } from "typebox";
import { mainsSettings } from "../library/mains.ts";
import { sheddingSettings } from "../library/shedding-settings.ts";
import { shortTermSettings } from "../library/short-term.ts";
import { checkValidate } from "../library/validate.ts";
import { wordOf } from "../library/words.ts";
import { flag, numberOf, percent, plain, secondsOf, volts } from "../settings.ts";
import { inletSettings } from "./inlets.ts";
import { prioritySettings } from "./loads.ts";

export const outageSettings = Type.Object({
  ...mainsSettings.properties,
  ...sheddingSettings.properties,
  ...prioritySettings.properties,
  ...inletSettings.properties,
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
  floatPerCell: volts({
    default: 2.27,
    minimum: 2.1,
    maximum: 2.4,
    description:
      "Lead: float voltage of a cell at 25 °C; 3 mV less for each kelvin above, within 2.15 to 2.4 V.",
  }),
  commandFloat: flag({
    default: true,
    description: "Command the plant's float voltage by the temperature of a lead battery.",
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
    description: "Between two cooling stages once mains are back, or the generator runs.",
  }),
  ...shortTermSettings.properties,
});
export type OutageSettings = Static<typeof outageSettings>;

/** What is wrong with settings that fit the schema; undefined: nothing. */
export function outageCheck(s: OutageSettings): string | undefined {
  if (s.lowVolts >= s.lowVoltsWarning)
    return `lowVolts ${s.lowVolts} V is not below lowVoltsWarning ${s.lowVoltsWarning} V`;
  if (s.disconnectVolts > s.lowVolts)
    return `disconnectVolts ${s.disconnectVolts} V is above lowVolts ${s.lowVolts} V`;
  if (s.shedHot <= s.shedWarm) return `shedHot ${s.shedHot} °C is not above shedWarm ${s.shedWarm} °C`;
  if (s.inletShort < s.inletOnBattery)
    return `inletShort ${s.inletShort} °C is below inletOnBattery ${s.inletOnBattery} °C`;
  return checkValidate({ ...s, worse: "high" });
}
