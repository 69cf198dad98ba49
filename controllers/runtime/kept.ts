import type { Instant, Millis } from "../../devices/clock.ts";
import { seconds } from "../../devices/clock.ts";
import { isEntry } from "../../devices/entry.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { FailSafe } from "../contract.ts";
import type { KeptAlarm } from "./alarm-rules.ts";
import type { By } from "./api.ts";
import type { BoundOutput } from "./binding.ts";
import type { KeptEnding } from "./ending.ts";
import type { EngineMemory } from "./engine.ts";
import type { WantedMode } from "./frame.ts";
import { isAlarm, isBy } from "./kept-parts.ts";
import type { KeptTemporary } from "./temporary-settings.ts";

/** Whoever takes over within this long goes on without fail-safe in between. */
export const handOverTime: Millis = seconds(60);
/** Disks wear out. */
export const keepEvery: Millis = seconds(5);

/** What is kept of one controller. JSON. */
export interface KeptController {
  readonly at: Instant;
  /** Of the definition. */
  readonly name: string;
  readonly version: string;
  readonly memory: EngineMemory;
  readonly mode: { readonly wanted: WantedMode; readonly by?: By } & Partial<KeptEnding>;
  /** Settings changed while running, and what the configuration said of them then. */
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly configured: Readonly<Record<string, unknown>>;
  /** Those changed for a while; absent in what programs of long ago kept. */
  readonly temporary?: Readonly<Record<string, KeptTemporary>>;
  /** Those that stand until somebody acknowledges them. */
  readonly alarms?: readonly KeptAlarm[];
  /** What applies when it cannot even be loaded. */
  readonly failSafe: FailSafe;
  readonly outputs: readonly Pick<BoundOutput, "output" | "device" | "action">[];
}

const isValue = (value: unknown): boolean => typeof value === "number" || typeof value === "string";

const isFailSafe = (value: unknown): boolean =>
  isEntry(value) && Object.values(value).every((one) => one === null || isValue(one));

const isListOf = (value: unknown, texts: readonly string[]): boolean =>
  Array.isArray(value) &&
  value.every((one) => isEntry(one) && texts.every((name) => typeof one[name] === "string"));

const alarmTexts = ["id", "severity", "text"];

const isTarget = (value: unknown): boolean =>
  isEntry(value) &&
  typeof value["slot"] === "number" &&
  typeof value["age"] === "number" &&
  isValue(value["sent"]);

const isAcknowledged = (value: unknown): boolean =>
  value === undefined || (isEntry(value) && isBy(value) && typeof value["at"] === "number");

const isKeptAlarm = (value: unknown): boolean =>
  isEntry(value) &&
  typeof value["since"] === "number" &&
  isAlarm(value["alarm"]) &&
  isAcknowledged(value["acknowledged"]);

const isTemporary = (value: unknown): boolean =>
  isEntry(value) &&
  typeof value["until"] === "number" &&
  typeof value["left"] === "number" &&
  isBy(value["by"]);

const modes: readonly unknown[] = ["automatic", "manual", "off"];

const isTimeOrNone = (value: unknown): boolean => value === undefined || typeof value === "number";

const isMode = (value: unknown): boolean =>
  isEntry(value) &&
  modes.includes(value["wanted"]) &&
  (value["by"] === undefined || isBy(value["by"])) &&
  isTimeOrNone(value["until"]) &&
  isTimeOrNone(value["left"]);

/** Parts that go without the others, and what there is without them. */
const parts: readonly (readonly [
  part: "mode" | "temporary" | "alarms",
  called: string,
  fits: (value: unknown) => boolean,
  without: unknown,
])[] = [
  ["mode", "the mode", isMode, { wanted: "automatic" }],
  [
    "temporary",
    "settings for a while",
    (value) => value === undefined || (isEntry(value) && Object.values(value).every(isTemporary)),
    {},
  ],
  [
    "alarms",
    "alarms that latch",
    (value) => value === undefined || (Array.isArray(value) && value.every(isKeptAlarm)),
    [],
  ],
];

/**
 * What the program before kept of a controller; undefined when there is nothing, or nothing that makes sense. It may have
 * been another version of it: parts that make no sense are left out.
 * @param lost told what is left out, for people
 */
export function keptController(
  keeper: Keeper,
  name: string,
  lost: (what: string) => void = () => undefined,
): KeptController | undefined {
  const value = keeper.load("controller").get(name);
  if (value === undefined) return undefined;
  if (!isEntry(value) || !isKept(value)) {
    lost("all of it");
    return undefined;
  }
  const senseless = parts.filter(([part, , fits]) => !fits(value[part]));
  for (const [, called] of senseless) lost(called);
  const without = Object.fromEntries(senseless.map(([part, , , instead]) => [part, instead]));
  return { ...value, ...without } as unknown as KeptController;
}

/** Whether what it cannot go on without makes sense. */
function isKept(value: Readonly<Record<string, unknown>>): boolean {
  const { memory } = value;
  return (
    isEntry(memory) &&
    typeof value["at"] === "number" &&
    typeof value["name"] === "string" &&
    isEntry(value["overrides"]) &&
    isEntry(value["configured"]) &&
    isFailSafe(value["failSafe"]) &&
    isListOf(value["outputs"], ["output", "device", "action"]) &&
    typeof memory["stateVersion"] === "number" &&
    typeof memory["failSafe"] === "boolean" &&
    isEntry(memory["targets"]) &&
    Object.values(memory["targets"]).every(isTarget) &&
    isFailSafe(memory["values"]) &&
    isListOf(memory["alarms"], alarmTexts)
  );
}

/** Settings changed while running that are still meant: the configuration says of them what it said then. */
export function stillMeant(
  kept: KeptController,
  configured: Readonly<Record<string, unknown>>,
): Required<Pick<KeptController, "overrides" | "temporary">> {
  const same = ([name]: readonly [string, unknown]): boolean =>
    JSON.stringify(kept.configured[name]) === JSON.stringify(configured[name]);
  return {
    overrides: Object.fromEntries(Object.entries(kept.overrides).filter(same)),
    temporary: Object.fromEntries(Object.entries(kept.temporary ?? {}).filter(same)),
  };
}

/** How long after `at` it is; infinite when the clock was set back since. */
export const ageOfKept = (kept: KeptController, now: Instant): Millis =>
  kept.at <= now ? now - kept.at : Infinity;
