import type { State, Severity } from "./reading.ts";
import { genericRows, specificRows } from "./state-table.ts";

/** Event/reading types. IPMI v2.0 table 42-1. */
export const eventTypes = { threshold: 0x01, sensorSpecific: 0x6f } as const;

/** From the best to the worst. */
export const severities: readonly Severity[] = ["ok", "non-critical", "critical", "non-recoverable"];

/** The worst of several; undefined when there are none. */
export const worstOf = (all: readonly Severity[]): Severity | undefined =>
  severities[Math.max(...all.map((one) => severities.indexOf(one)))];

const marks: readonly (readonly [mark: string, severity: Severity])[] = [
  ["!!", "non-recoverable"],
  ["!", "critical"],
  ["~", "non-critical"],
];

interface Meaning {
  readonly name: string;
  readonly severity: Severity;
}

function meaningOf(text: string): Meaning {
  const [mark, severity] = marks.find(([start]) => text.startsWith(start)) ?? ["", "ok"];
  return { name: text.slice(mark.length), severity };
}

/** What a discrete sensor is, as far as its states depend on it. */
export interface StateOwner {
  /** Sensor type. IPMI v2.0 table 42-3. */
  readonly type: number;
  /** Event/reading type. IPMI v2.0 table 42-1. */
  readonly eventType: number;
}

const rowOf = ({ type, eventType }: StateOwner): readonly string[] | undefined =>
  eventType === eventTypes.sensorSpecific ? specificRows[type] : genericRows[eventType];

/** What state `bit` of such a sensor is called; `state-n` when only its maker knows. Also for offsets of events. */
export function stateName(owner: StateOwner, bit: number): string {
  const text = rowOf(owner)?.[bit] ?? "";
  return text === "" ? `state-${bit}` : meaningOf(text).name;
}

/** How bad state `bit` is; undefined when only its maker knows. */
export function stateSeverity(owner: StateOwner, bit: number): Severity | undefined {
  const text = rowOf(owner)?.[bit] ?? "";
  return text === "" ? undefined : meaningOf(text).severity;
}

/** The states whose bits are set, from bit 0 up. Bit 15 means nothing. */
export const statesOf = (owner: StateOwner, bits: number): readonly State[] =>
  Array.from({ length: 15 }, (_, bit) => bit)
    .filter((bit) => ((bits >> bit) & 1) !== 0)
    .map((bit) => ({ bit, name: stateName(owner, bit) }));

/**
 * The worst of `states`; none at all is ok: power supplies show "good" as their first state or as no state.
 * @returns undefined when no state of such a sensor is bad by itself
 */
export function severityOf(owner: StateOwner, states: readonly State[]): Severity | undefined {
  if (rowOf(owner)?.some((text) => meaningOf(text).severity !== "ok") !== true) return undefined;
  return worstOf(["ok", ...states.flatMap(({ bit }) => stateSeverity(owner, bit) ?? [])]);
}
