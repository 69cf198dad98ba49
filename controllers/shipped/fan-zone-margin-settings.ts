import { type Static, Type } from "typebox";
import { glob } from "../../devices/glob.ts";
import { oncePer } from "../library/once-per.ts";
import { type PidSettings, pidWith } from "../library/pid.ts";
import { wordOf } from "../library/words.ts";
import { kelvin, numberOf, secondsOf } from "../settings.ts";

/** How one sensor, or all whose names fit a pattern, says what is left to a limit. */
const marginSensor = Type.Object({
  reads: wordOf(["temperature", "margin", "below"], {
    default: "temperature",
    description:
      "temperature: the margin follows from `zero` or `limit`. margin: what it reads is the margin. " +
      "below: the same with a minus sign, as processors say how far below their limit they are.",
  }),
  // Without defaults: what is not given is not known.
  zero: Type.Optional(
    Type.Number({
      ...{ unit: "°C", minimum: -60, maximum: 120 },
      description: "Temperature at which nothing is left.",
    }),
  ),
  limit: Type.Optional(
    Type.Enum(["unc", "uc", "unr"], {
      description: "The device's own threshold is where nothing is left; `zero` where it says none.",
    }),
  ),
  keep: kelvin({ default: 10, maximum: 60, description: "Margin that is to be left." }),
});
export type MarginSensor = Static<typeof marginSensor>;

export const marginSettings = Type.Object({
  margins: Type.Record(Type.String(), marginSensor, {
    default: {},
    description:
      "Sensors of the input `margins` that ask for air as well, by name or pattern: `server-*-cpu*: { limit: uc, keep: 10 }`.",
  }),
  marginGain: numberOf("%/K", {
    default: 2,
    minimum: 0,
    maximum: 100,
    description: "Proportional gain of the loops of `margins`, one for each sensor.",
  }),
  marginIntegralTime: secondsOf({
    default: 240,
    minimum: 1,
    maximum: 36_000,
    description: "Integral time of these.",
  }),
});
export type MarginSettings = Static<typeof marginSettings>;

const known: readonly string[] = Object.keys(marginSensor.properties);

function checkSensor(given: MarginSensor): string | undefined {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) return `there is no \`${unknown}\`; there are: ${known.join(", ")}`;
  const { reads, zero, limit } = given;
  const fixed = zero !== undefined || limit !== undefined;
  if (reads === "temperature" && !fixed)
    return "`zero` or `limit` must say at which temperature nothing is left";
  return reads !== "temperature" && fixed
    ? `what reads \`${reads}\` is a margin already: it takes neither \`zero\` nor \`limit\``
    : undefined;
}

/** What is wrong with margins that fit the schema; undefined: nothing. */
export function checkMargins({ margins }: MarginSettings): string | undefined {
  for (const [name, given] of Object.entries(margins)) {
    const fault = checkSensor(given);
    if (fault !== undefined) return `margins.${name}: ${fault}`;
  }
  return undefined;
}

interface Named {
  readonly pattern: string;
  readonly fits: (name: string) => boolean;
  readonly as: MarginSensor;
}

/** Whole names before patterns, those in the order they are written. */
const namedOf = oncePer((margins: MarginSettings["margins"]): readonly Named[] =>
  Object.entries(margins)
    .toSorted(([a], [b]) => +a.includes("*") - +b.includes("*"))
    .map(([pattern, as]) => ({ pattern, fits: glob(pattern), as })),
);

/** What is said of a sensor; undefined: nothing. */
export const marginOfSensor = ({ margins }: MarginSettings, name: string): MarginSensor | undefined =>
  namedOf(margins).find(({ fits }) => fits(name))?.as;

/** Names and patterns no sensor has. */
export const unmatched = ({ margins }: MarginSettings, names: readonly string[]): readonly string[] =>
  namedOf(margins).flatMap(({ pattern, fits }) => (names.some(fits) ? [] : [pattern]));

/** The loops' settings, made once for each set of settings. */
export const marginLoop = oncePer(({ marginGain, marginIntegralTime }: MarginSettings): PidSettings =>
  // The less is left the more air.
  pidWith({ action: "reverse", gain: marginGain, integralTime: marginIntegralTime }),
);
