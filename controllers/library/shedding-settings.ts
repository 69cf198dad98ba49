import { type Static, Type } from "typebox";
import { celsius, kelvin, percent, secondsOf, volts } from "../settings.ts";

const shedAt = (priority: number, value: number, what: string) =>
  percent({
    default: value,
    description: `On battery, loads of priority ${priority} (${what}) lose power at this state of charge.`,
  });

/** Who loses power first when power or cooling runs short, and who gets it back. */
export const sheddingSettings = Type.Object({
  shed9: shedAt(9, 100, "tests: at once"),
  shed8: shedAt(8, 75, "what can wait"),
  shed7: shedAt(7, 60, "compute"),
  shed6: shedAt(6, 50, "compute that serves others"),
  shed5: shedAt(5, 40, "storage"),
  shed4: shedAt(4, 35, "storage of others"),
  shed3: shedAt(3, 30, "radio carriers"),
  shed2: shedAt(2, 20, "the last radio carriers"),
  shed1: shedAt(1, 10, "transport and gateway"),
  shedMinutes: secondsOf({
    default: 1800,
    maximum: 86_400,
    description: "With less autonomy than this, at the worst, loads of priority 5 and above lose power.",
  }),
  shedMinutesLast: secondsOf({
    default: 600,
    maximum: 86_400,
    description: "With less than this, all but priority 0.",
  }),
  shedWarm: celsius({
    default: 35,
    minimum: 25,
    maximum: 60,
    description: "Inlet temperature at which loads lose power one priority after the other.",
  }),
  shedHot: celsius({ default: 40, minimum: 25, maximum: 70, description: "The same, at once." }),
  shedWarmTime: secondsOf({
    default: 300,
    minimum: 10,
    maximum: 7200,
    description: "How long it must be too warm for each priority.",
  }),
  shedHotTime: secondsOf({
    default: 60,
    minimum: 5,
    maximum: 3600,
    description: "Between two priorities while it is hot.",
  }),
  shedReturnMost: secondsOf({
    default: 14_400,
    maximum: 86_400,
    description:
      "Loads come back one priority after the other, each once it was cool for `shedWarmTime`; for twice as long each time it got too warm again soon after, up to this.",
  }),
  shedCool: kelvin({
    default: 3,
    minimum: 1,
    maximum: 20,
    description: "So far below, loads may come back.",
  }),
  lowVoltsWarning: volts({
    default: 46,
    minimum: 10,
    maximum: 400,
    description: "DC bus that is warned of.",
  }),
  lowVolts: volts({
    default: 44,
    minimum: 10,
    maximum: 400,
    description: "DC bus at which all but priority 0 loses power.",
  }),
  lowVoltsTime: secondsOf({ default: 5, maximum: 300, description: "How long the bus must be so low." }),
  grace: secondsOf({
    default: 120,
    maximum: 3600,
    description: "Between the request to shut down and the outlet's opening.",
  }),
  restoreAfter: secondsOf({
    default: 120,
    maximum: 7200,
    description: "How long mains must be good before loads come back.",
  }),
  restoreCharge: percent({
    default: 10,
    description: "State of charge above that of the shedding for the return.",
  }),
  restoreGap: secondsOf({
    default: 10,
    minimum: 1,
    maximum: 600,
    description: "Between the returns of two loads.",
  }),
  outletRest: secondsOf({
    default: 10,
    maximum: 600,
    description: "An outlet that was opened stays open at least this long: power supplies must discharge.",
  }),
});
export type SheddingSettings = Static<typeof sheddingSettings>;
