/**
 * The shortest possible schedule for a set of registers on a half-duplex RTU line, computed without any of the
 * plugin's code: frame lengths, the silence between frames, and the time a unit takes to turn round.
 * Modbus over serial line V1.02 §2.5.1.1; application protocol V1.1b3 §6.1–6.4.
 */

export interface Registers {
  readonly unit: number;
  /** `coil` and `discrete` count bits, the others 16-bit registers. */
  readonly table: "coil" | "discrete" | "input" | "holding";
  /** First address and how many belong together (1 for a register, 2 for a 32-bit value, …). */
  readonly address: number;
  readonly width: number;
}

export interface Wire {
  readonly baudRate: number;
  /** Bits of one character on the wire, start and stop bits included: 10 for 8N1. */
  readonly bitsPerCharacter: number;
  /** How long a unit takes from the end of the silence after a request to the first bit of its answer, ms. */
  readonly turnaroundMs: (unit: number) => number;
  /** The longest read a unit takes, in registers. */
  readonly maxRegisters: (unit: number) => number;
  /** Whether a unit lets registers that do not exist be read among those that do. */
  readonly bridgesGaps: (unit: number) => boolean;
}

const requestBytes = 8;
const answerOverhead = 5;

export const characterMs = (wire: Wire): number => (wire.bitsPerCharacter * 1000) / wire.baudRate;

/** Three and a half characters; above 19,200 baud the fixed 1.75 ms. */
export const silenceMs = (wire: Wire): number => (wire.baudRate > 19_200 ? 1.75 : 3.5 * characterMs(wire));

/** One exchange: request, silence, turnaround, answer, silence. */
export function exchangeMs(wire: Wire, unit: number, answerDataBytes: number): number {
  const characters = requestBytes + answerOverhead + answerDataBytes;
  return characters * characterMs(wire) + 2 * silenceMs(wire) + wire.turnaroundMs(unit);
}

const dataBytes = (table: Registers["table"], count: number): number =>
  table === "coil" || table === "discrete" ? Math.ceil(count / 8) : count * 2;

/** The least time to read every one of `registers` once, in ms, and how many requests that takes. */
export function shortestCycle(wire: Wire, registers: readonly Registers[]): { ms: number; requests: number } {
  const groups = new Map<string, Registers[]>();
  for (const r of registers) {
    const key = `${r.unit}/${r.table}`;
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  let ms = 0;
  let requests = 0;
  for (const group of groups.values()) {
    const best = shortestOfGroup(
      wire,
      [...group].sort((a, b) => a.address - b.address),
    );
    ms += best.ms;
    requests += best.requests;
  }
  return { ms, requests };
}

/** best[i]: the least time for the first i values; tries every possible last request. */
function shortestOfGroup(wire: Wire, sorted: readonly Registers[]): { ms: number; requests: number } {
  const best: { ms: number; requests: number }[] = [{ ms: 0, requests: 0 }];
  for (let end = 1; end <= sorted.length; end++) {
    let choice = { ms: Infinity, requests: 0 };
    for (let start = end - 1; start >= 0; start--) {
      const ms = requestMs(wire, sorted.slice(start, end));
      const before = best[start];
      if (ms === undefined || before === undefined) continue;
      if (before.ms + ms < choice.ms) choice = { ms: before.ms + ms, requests: before.requests + 1 };
    }
    best.push(choice);
  }
  return best.at(-1) ?? { ms: 0, requests: 0 };
}

/** One request for these neighbours, or undefined where the unit would not take it. */
function requestMs(wire: Wire, values: readonly Registers[]): number | undefined {
  const first = values[0];
  if (first === undefined) return undefined;
  let end = first.address;
  for (const value of values) {
    if (value.address > end && !wire.bridgesGaps(first.unit)) return undefined;
    end = Math.max(end, value.address + value.width);
  }
  const count = end - first.address;
  const bits = first.table === "coil" || first.table === "discrete";
  if (count > (bits ? 2000 : wire.maxRegisters(first.unit))) return undefined;
  return exchangeMs(wire, first.unit, dataBytes(first.table, count));
}
