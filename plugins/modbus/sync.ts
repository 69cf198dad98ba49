import type { Clock, Millis } from "../../devices/clock.ts";
import type { LinkMemory } from "../../devices/plugin.ts";
import { type AnswerShape, answerShape, fits, isException } from "./answer.ts";
import { encodeRequest, functions } from "./pdu.ts";

/*
 * RTU has no transaction number: an answer says which unit and function it is for, and nothing else. An answer that
 * comes after its time would be taken for the answer to the next request of the same shape, and all later ones would
 * be one behind. So every request is remembered as owed until its answer has come, or an answer to a later request of
 * the same unit has (units answer in order), or the unit has not been asked anything for so long that nothing can be
 * on the way any more. While something is owed, only requests whose answer cannot be mistaken for it are sent.
 */

/** A request that was sent and whose answer may still come. */
export interface Owed {
  readonly request: Uint8Array;
  readonly shape: AnswerShape;
  /** Set when its answer came after its exchange had ended. */
  late: boolean;
  /** Set when something was written to all units after it: then repeating it is no longer harmless. */
  overtaken: boolean;
  /** Set when it was a probe, and was not answered in time. */
  probed: boolean;
}

interface UnitState {
  owed: Owed[];
  /** When the last request to it had left, on `Clock.monotonic`. */
  lastSent: Millis;
  /** It has not answered a probe either: nothing is asked until nothing can be on the way. */
  resting: boolean;
  /** Reads it has answered, by shape. */
  readonly answered: Map<string, Uint8Array>;
  /** Whether it knows function 8. Suspect: it was silent when asked, but may have been silent altogether. */
  echo: "untried" | "answers" | "suspect" | "silent";
}

/** How a request may go out now. */
export type Admission =
  | { readonly kind: "send" }
  /** Ask this first: its answer settles what is owed. */
  | { readonly kind: "probe"; readonly request: Uint8Array }
  /** Nothing may be asked before this moment on `Clock.monotonic`. */
  | { readonly kind: "rest"; readonly until: Millis };

/** What a frame of a unit means to the exchange under way. */
export type Arrival =
  /** The answer to it. */
  | "answer"
  /** The answer to an earlier request. */
  | "late"
  /** An exception that may be for an earlier request or for this one. */
  | "ambiguous"
  /** Nothing anybody asked for. */
  | "foreign";

const memoryKey = "modbus.owed";
const mostOwed = 4;
/** No unit answers later than that. */
const slowest: Millis = 60_000;
const mostRemembered = 4;

const writes: readonly number[] = [
  functions.writeCoil,
  functions.writeRegister,
  functions.writeCoils,
  functions.writeRegisters,
  functions.mask,
  functions.readWrite,
];
const reads: readonly number[] = [functions.coil, functions.discrete, functions.holding, functions.input];
const repeatable: readonly number[] = writes.slice(0, 4);

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

/** Keeps what every unit of a line still owes. Pure bookkeeping: sends nothing. */
export class Sync {
  readonly #clock: Clock;
  readonly #memory: LinkMemory;
  readonly #lateAnswers: Millis;
  readonly #units = new Map<number, UnitState>();
  #token = 0;

  constructor(deps: { clock: Clock; memory: LinkMemory; lateAnswers: Millis }) {
    this.#clock = deps.clock;
    this.#memory = deps.memory;
    this.#lateAnswers = deps.lateAnswers;
    this.#load();
  }

  /** The units that are left alone now. */
  get resting(): number[] {
    const now = this.#clock.monotonic();
    return [...this.#units]
      .filter(([, state]) => state.resting && now < state.lastSent + this.#lateAnswers)
      .map(([unit]) => unit);
  }

  /** Something was written to all units. */
  broadcast(): void {
    for (const { owed } of this.#units.values()) for (const entry of owed) entry.overtaken = true;
  }

  /** What this unit may still answer. */
  owed(unit: number): readonly Owed[] {
    return this.#units.get(unit)?.owed ?? [];
  }

  /** Whether `request` may be sent to `unit` now, and what else to do. */
  admit(unit: number, request: Uint8Array): Admission {
    const state = this.#state(unit);
    const until = state.lastSent + this.#lateAnswers;
    const expired = state.owed.length > 0 && this.#clock.monotonic() >= until;
    if (expired) this.#expire(state);
    if (state.owed.length === 0) return { kind: "send" };
    const tellable = this.#tellable(state, request);
    // A unit that rests is not polled; a command is worth trying even so, as its answer cannot be mistaken.
    const most = isWriting(request) ? mostOwed * 2 : state.resting ? 0 : mostOwed;
    if (tellable && state.owed.length < most) return { kind: "send" };
    if (!expired && (tellable || state.resting || state.owed.length >= mostOwed))
      return { kind: "rest", until };
    const probe = this.#probe(state);
    return probe === undefined ? { kind: "rest", until } : { kind: "probe", request: probe };
  }

  /** `request` goes out now and will have left at `leaves`. */
  sent(unit: number, request: Uint8Array, leaves: Millis): Owed {
    const state = this.#state(unit);
    const entry = { request, shape: answerShape(request), late: false, overtaken: false, probed: false };
    state.owed.push(entry);
    state.lastSent = Math.max(state.lastSent, leaves);
    return entry;
  }

  /**
   * A whole frame of `unit` has come. Settles everything it proves settled: what it answers, and all before that.
   * @param current the entry of the exchange under way, when it is with this unit
   */
  arrived(unit: number, pdu: Uint8Array, current?: Owed): Arrival {
    const state = this.#units.get(unit);
    const index = state?.owed.findIndex((entry) => answers(pdu, entry)) ?? -1;
    const entry = state?.owed[index];
    if (state === undefined || entry === undefined) return "foreign";
    this.#learn(state, entry, pdu);
    if (entry !== current) entry.late = true;
    const ambiguous =
      entry !== current &&
      current !== undefined &&
      (pdu[0] ?? 0) > 0x80 &&
      state.owed.includes(current) &&
      answers(pdu, current);
    const identical = !ambiguous && entry !== current && current !== undefined && answers(pdu, current);
    state.owed.splice(0, index + 1);
    if (state.owed.length === 0) state.resting = false;
    if (entry !== current) this.save();
    if (entry === current || identical) return "answer";
    return ambiguous ? "ambiguous" : "late";
  }

  /** An exchange has ended without its answer, which stays owed. */
  failed(unit: number, probe: boolean, silent: boolean): void {
    const state = this.#state(unit);
    if (probe && silent) state.resting = true;
    const last = state.owed.at(-1);
    if (probe && last !== undefined) last.probed = true;
    const echo = last?.shape.fn === functions.diagnose;
    if (echo && silent && state.echo === "untried") state.echo = "suspect";
    if (!probe && state.echo === "suspect") state.echo = "untried";
    this.save();
  }

  /** Writes what is owed to the memory, for the next time the line is open. */
  save(): void {
    const kept: Record<string, KeptUnit> = {};
    for (const [unit, { owed, lastSent }] of this.#units) {
      if (owed.length > 0) kept[unit] = { lastSent, owed: owed.map((entry) => hex(entry.request)) };
    }
    this.#memory.set(memoryKey, kept);
  }

  #load(): void {
    for (const [unit, entry] of keptUnits(this.#memory.get(memoryKey))) {
      const state = this.#state(unit);
      // A monotonic clock of an earlier process says nothing: at the most as long ago as this one runs.
      state.lastSent = Math.min(entry.lastSent, this.#clock.monotonic());
      state.owed = entry.owed.map((text) => {
        const request = Uint8Array.from(Buffer.from(text, "hex"));
        return { request, shape: answerShape(request), late: false, overtaken: true, probed: false };
      });
    }
  }

  #state(unit: number): UnitState {
    let state = this.#units.get(unit);
    if (state === undefined) {
      state = { owed: [], lastSent: -Infinity, resting: false, answered: new Map(), echo: "untried" };
      this.#units.set(unit, state);
    }
    return state;
  }

  /**
   * Nothing should be on the way any more. Still, a unit that has not said a word since may be slower than anybody
   * thought: all that it owes is kept while there is something to ask that it is known to answer, or a piece of a
   * block, until it has been silent to some of these too.
   */
  #expire(state: UnitState): void {
    state.resting = false;
    const slow = this.#clock.monotonic() < state.lastSent + slowest;
    if (!slow || state.owed.length >= mostOwed * 2 || this.#readProbe(state) === undefined) state.owed = [];
    this.save();
  }

  /**
   * Whether the answer to `request` could not be mistaken for one that is owed. Repeating a write that is owed is
   * harmless when nothing else was written after it: either answer says that the value stands.
   */
  #tellable(state: UnitState, request: Uint8Array): boolean {
    const { key } = answerShape(request);
    const first = state.owed.findIndex((entry) => entry.shape.key === key);
    if (first < 0) return true;
    if (!repeatable.includes(request[0] ?? 0)) return false;
    return state.owed
      .slice(first)
      .every((entry) => !entry.overtaken && (same(entry.request, request) || !isWriting(entry.request)));
  }

  #learn(state: UnitState, entry: Owed, pdu: Uint8Array): void {
    const { fn, key } = entry.shape;
    if (fn === functions.diagnose) state.echo = "answers";
    else if (state.echo === "suspect") state.echo = "silent";
    if (!reads.includes(fn) || isException(pdu, fn) || state.answered.has(key)) return;
    state.answered.set(key, entry.request);
    if (state.answered.size <= mostRemembered) return;
    const [longest] = [...state.answered.keys()].sort((a, b) => size(b) - size(a));
    if (longest !== undefined) state.answered.delete(longest);
  }

  /** Something to ask whose answer is unlike all that are owed: what worked before, a piece of a block, an echo. */
  #probe(state: UnitState): Uint8Array | undefined {
    const usable = this.#readProbe(state);
    if (usable !== undefined) return usable;
    if (state.echo === "silent" || state.owed.some(({ shape }) => shape.fn === functions.diagnose))
      return undefined;
    this.#token = (this.#token + 1) & 0xffff;
    return encodeRequest({ kind: "echo", word: this.#token });
  }

  #readProbe(state: UnitState): Uint8Array | undefined {
    const candidates = [...state.answered.values()].sort((a, b) => answerLength(a) - answerLength(b));
    for (const { request } of state.owed) candidates.push(...pieces(request));
    // An answer to a probe that is sent again is taken for the first one's: that may settle less, never too much.
    const again = state.owed.findLast(({ shape, probed }) => probed && reads.includes(shape.fn));
    return candidates.find((request) => this.#tellable(state, request)) ?? again?.request;
  }
}

interface KeptUnit {
  readonly lastSent: Millis;
  /** Hexadecimal. */
  readonly owed: readonly string[];
}

/** A PDU has 1 to 253 bytes. */
const pdu = /^(?:[\da-f]{2}){1,253}$/;

const isKeptUnit = (value: unknown): value is KeptUnit => {
  const { lastSent, owed } = (value ?? {}) as Partial<Record<keyof KeptUnit, unknown>>;
  return (
    typeof lastSent === "number" &&
    Array.isArray(owed) &&
    owed.length <= mostOwed * 2 &&
    owed.every((text) => typeof text === "string" && pdu.test(text))
  );
};

/** What was kept, without what makes no sense: it may come from a disk. */
const keptUnits = (kept: unknown): readonly (readonly [unit: number, entry: KeptUnit])[] =>
  typeof kept !== "object" || kept === null
    ? []
    : Object.entries(kept as Readonly<Record<string, unknown>>).flatMap(([unit, entry]) =>
        /^\d{1,3}$/.test(unit) && isKeptUnit(entry) ? [[Number(unit), entry] as const] : [],
      );

const isWriting = (request: Uint8Array): boolean => writes.includes(request[0] ?? 0);
const answers = (pdu: Uint8Array, { shape }: Owed): boolean => fits(pdu, shape) || isException(pdu, shape.fn);
const size = (key: string): number => parseInt(key.slice(2, 4), 16);
const answerLength = (request: Uint8Array): number => answerShape(request).length ?? 0;

/** Shorter reads inside the block of a read. */
function pieces(request: Uint8Array): Uint8Array[] {
  const fn = request[0] ?? 0;
  if (!reads.includes(fn)) return [];
  const count = word(request, 3);
  return [...new Set([1, count - 1, count >> 1])]
    .filter((piece) => piece >= 1 && piece < count)
    .map((piece) => Uint8Array.of(fn, request[1] ?? 0, request[2] ?? 0, piece >> 8, piece & 0xff));
}
