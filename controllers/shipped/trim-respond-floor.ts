import { type Static, Type } from "typebox";
import { seconds } from "../../devices/clock.ts";
import { defineController } from "../contract.ts";
import { shown } from "../library/timing.ts";
import {
  checkTrim,
  countRequests,
  type RackNeed,
  requestSettings,
  trimInit,
  trimSettings,
  type TrimState,
  trimStep,
} from "../library/trim-and-respond.ts";
import { checkValidate, validateInit, type ValidateState } from "../library/validate.ts";
import type { Observation } from "../sample.ts";
import { select } from "../select.ts";
import { celsius } from "../settings.ts";
import { inletSettings, inletsStep, leftOut } from "./inlets.ts";
import { maybe } from "./parts.ts";

const settings = Type.Object({
  setpoint: celsius({
    default: 24,
    minimum: 10,
    maximum: 45,
    description: "Wanted inlet temperature of the racks.",
  }),
  ...requestSettings.properties,
  ...trimSettings.properties,
  ...inletSettings.properties,
});
type Settings = Static<typeof settings>;

interface State extends TrimState {
  /** Absent in what was kept before probes were judged. */
  readonly inlets?: ValidateState;
}

const tagged = (tags: readonly string[], annotation: string): string | undefined =>
  tags.map((tag) => new RegExp(`(?:^|/)${annotation}:(.+)$`).exec(tag)?.[1]).find((one) => one !== undefined);

/** Racks by their tag; a sensor without one is a rack of its own. The hottest sensor of a rack counts. */
export function racksOf(
  inlets: readonly Observation[],
  throttling: readonly Observation<string>[],
): readonly RackNeed[] {
  const racks = new Map<
    string,
    { name: string; inlet: number | undefined; throttling: boolean; importance: number }
  >();
  const rack = (tags: readonly string[], name: string) => {
    const key = tagged(tags, "rack") ?? name;
    const known = racks.get(key) ?? { name: key, inlet: undefined, throttling: false, importance: 1 };
    racks.set(key, known);
    const importance = Number(tagged(tags, "importance"));
    if (importance >= 0) known.importance = importance;
    return known;
  };
  for (const one of inlets) {
    const known = rack(one.tags, one.from);
    if (one.quality !== "bad") known.inlet = Math.max(known.inlet ?? -Infinity, one.value);
  }
  for (const one of throttling)
    if (one.quality !== "bad" && ["throttling", "alarm", "on"].includes(one.value))
      rack(one.tags, one.from).throttling = true;
  return [...racks.values()];
}

/** Probes that are not believed count as not known. */
const believed = (
  all: readonly Observation[],
  sensors: readonly { readonly value: number | undefined }[],
): readonly Observation[] =>
  all.map((one, i): Observation => {
    if (one.quality === "bad") return one;
    const value = sensors[i]?.value;
    if (value !== undefined) return { ...one, value };
    const { from, device, tags } = one;
    const text = `${from} is not believed`;
    return { quality: "bad", code: "BAD_VALUE", text, from, tags, ...maybe("device", device) };
  });

const failSafe = {};

/** The smallest fan duty, asked for by hot racks: it creeps down until one of them minds. */
export const trimRespondFloor = defineController({
  name: "trim-respond-floor",
  version: "1.0.0",
  summary: "Lowers the fans' smallest duty until racks ask for more; for fan-zone and zone-temperature",
  period: seconds(5),
  settings,
  inputs: {
    inlet: select("type:temperature", "point:inlet").of("temperature").each(),
    throttling: select("point:throttling").anyWord(),
  },
  outputs: {},
  terms: { floor: "%" },
  publishes: {
    floor: { unit: "%", text: "Smallest fan duty" },
    requests: { text: "Requests of all racks, weighted by importance" },
  },
  failSafe,
  init: (s: Settings): State => trimInit(s),
  check: (s) => checkTrim(s) ?? checkValidate({ ...s, worse: "high" }),
  step({ inputs, settings: s, state, dt, nominal, mode }) {
    const inlets = inletsStep(state.inlets ?? validateInit(), inputs.inlet, s, dt);
    const racks = racksOf(believed(inputs.inlet, inlets.validated.sensors), inputs.throttling);
    const { total, leader } = countRequests(racks, s.setpoint, s);
    // In manual nothing is decided: the floor stays.
    const next =
      mode === "manual" ? state : trimStep(state, { requests: total, on: true, dt, nominal }, s).state;
    const unknown = racks.filter((one) => one.inlet === undefined);
    const asked =
      leader === undefined
        ? "no rack asks for more air"
        : `${shown(total)} requests, most of them from ${leader}`;
    return {
      outputs: {},
      state: { ...next, inlets: inlets.state },
      reason: `The fans' smallest duty is ${shown(next.setpoint)} %: ${asked}`,
      ...(leader === undefined ? {} : { leader }),
      terms: { requests: total, floor: next.setpoint },
      limits: leftOut(inlets),
      alarms: unknown.map(({ name }) => ({
        id: `rack-unknown:${name}`,
        severity: "warning" as const,
        text: `the inlet of rack ${name} is not known: it counts as ${shown(s.unknown)} requests; look at its sensor`,
      })),
      published: { floor: next.setpoint, requests: total },
    };
  },
  invariants: [
    {
      text: "the floor is between its limits",
      holds: ({ settings: s }, { state }) => state.setpoint >= s.min && state.setpoint <= s.max,
    },
  ],
});
