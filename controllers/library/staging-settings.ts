import { type Static, Type } from "typebox";
import { celsius, flag, kelvin, percent, plain, secondsOf } from "../settings.ts";
import { easeSettings } from "./ease.ts";
import { restSettings } from "./rest.ts";

/** How many of several equal cooling units should run. */
export const stagingSettings = Type.Object({
  setpoint: celsius({ default: 25, minimum: 15, maximum: 40, description: "The first stage starts here." }),
  secondOffset: kelvin({
    default: 2.2,
    maximum: 20,
    description: "How far above the first stage the second one starts.",
  }),
  furtherOffset: kelvin({
    default: 1.1,
    maximum: 20,
    description: "How far above the stage before each further one starts.",
  }),
  offDifferential: kelvin({
    default: 1.1,
    minimum: 0.2,
    maximum: 10,
    description: "How far below its start a stage ends.",
  }),
  calmDifferential: kelvin({
    default: 2.2,
    minimum: 0.2,
    maximum: 10,
    description:
      "The same in anti-cycling mode, which the compressors' starts bring about; half of what it is wider starts later.",
  }),
  electricalDelay: secondsOf({
    default: 10,
    maximum: 600,
    description: "Between the starts of two stages, for the mains.",
  }),
  thermalDelay: secondsOf({
    default: 300,
    maximum: 3600,
    description: "A stage must have run this long without enough progress before the next one starts.",
  }),
  progress: kelvin({
    default: 0.5,
    maximum: 5,
    description: "A stage that cools this much within the thermal delay is given more time.",
  }),
  ...restSettings.properties,
  ...easeSettings.properties,
  rateGuard: kelvin({
    default: 5,
    maximum: 30,
    description:
      "An inlet that changes as fast as this within 15 min: no further stage starts while it falls, none ends while it rises. 0: not looked at.",
  }),
  urgentAt: celsius({
    default: 32,
    minimum: 20,
    maximum: 50,
    description: "From here on stages start without the thermal delay.",
  }),
  lowAmbient: celsius({
    default: -10,
    maximum: 20,
    description: "Compressors stay off below this outdoor temperature.",
  }),
  lowAmbientKit: flag({ default: false, description: "The units have a kit for low outdoor temperatures." }),
  comfortSetpoint: celsius({
    default: 22,
    minimum: 15,
    maximum: 40,
    description: "The setpoint while somebody works here and asks for comfort.",
  }),
  comfortTime: secondsOf({
    default: 4500,
    maximum: 28_800,
    description: "How long that lasts once asked for.",
  }),
  generatorStages: plain({
    default: 1,
    minimum: 0,
    maximum: 8,
    description: "Most stages on generator power.",
  }),
  demandHysteresis: percent({
    default: 50,
    minimum: 5,
    maximum: 90,
    description: "By demand: the part of one stage between its start and its end.",
  }),
});
export type StagingSettings = Static<typeof stagingSettings>;
