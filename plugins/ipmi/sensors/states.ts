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
export function statesOf(owner: StateOwner, bits: number): readonly State[] {
  const states: State[] = [];
  for (let bit = 0; bit < 15; bit++)
    if (((bits >> bit) & 1) !== 0) states.push({ bit, name: stateName(owner, bit) });
  return states;
}

/**
 * The worst of `states`; none at all is ok: power supplies show "good" as their first state or as no state.
 * @returns undefined when no state of such a sensor is bad by itself
 */
export function severityOf(owner: StateOwner, states: readonly State[]): Severity | undefined {
  if (!judges(rowOf(owner))) return undefined;
  return worstOf(["ok", ...states.flatMap(({ bit }) => stateSeverity(owner, bit) ?? [])]);
}

const judging = new Map<readonly string[], boolean>();

/** Whether one of the states in a row is bad. Looked up, for it is asked with every reading. */
function judges(row: readonly string[] | undefined): boolean {
  if (row === undefined) return false;
  let judged = judging.get(row);
  if (judged === undefined) {
    judged = row.some((text) => meaningOf(text).severity !== "ok");
    judging.set(row, judged);
  }
  return judged;
}
