import type { Clock } from "../../devices/clock.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import type { ModbusClient, RequestOptions } from "../../plugins/modbus/contract.ts";
import type { Request, Response, Table } from "../../plugins/modbus/pdu.ts";

/** What stands behind a scripted client: one unit's registers and coils, and what it refuses. */
export interface ScriptedUnit {
  readonly registers: Map<string, number>;
  /** Most registers or bits it hands out at once. */
  longest: number;
  /** Answers this instead, while it gives one. */
  fails?: ((request: Request) => ErrorCode | undefined) | undefined;
  /** Forgets to do what it was told. */
  deaf?: boolean;
}

export interface ScriptedClient extends ModbusClient {
  /** Every request in order, as `unit text`. */
  readonly asked: string[];
  readonly options: RequestOptions[];
}

export const place = (table: Table, address: number): string => `${table} ${address}`;

export function unitWith(...rows: readonly (readonly [Table, number, readonly number[]])[]): ScriptedUnit {
  const registers = new Map<string, number>();
  for (const [table, address, words] of rows)
    for (const [at, word] of words.entries()) registers.set(place(table, address + at), word);
  return { registers, longest: 125 };
}

const textOf = (request: Request): string => {
  switch (request.kind) {
    case "read":
      return `read ${request.table} ${request.address}+${request.count}`;
    case "write-coil":
      return `coil ${request.address}=${request.on ? 1 : 0}`;
    case "write-register":
      return `register ${request.address}=${request.word}`;
    case "write-coils":
      return `coils ${request.address}=${request.bits.map((on) => (on ? 1 : 0)).join()}`;
    case "write-registers":
      return `registers ${request.address}=${request.words.join()}`;
    case "mask":
      return `mask ${request.address} and ${request.and} or ${request.or}`;
    case "read-write":
    case "identify":
    case "echo":
      return request.kind;
  }
};

const no = (code: ErrorCode, source: string): BothyError =>
  new BothyError(code, { source, timeout: 200, fault: "scripted" });

/** A `ModbusClient` without a line: every unit it does not have keeps silent. */
export function scriptedClient(units: ReadonlyMap<number, ScriptedUnit>, clock: Clock): ScriptedClient {
  const asked: string[] = [];
  const options: RequestOptions[] = [];
  const { promise: closed, resolve } = deferred();
  let line: Promise<unknown> = Promise.resolve();
  const answer = (number: number, request: Request, source: string): Response => {
    const unit = units.get(number);
    if (unit === undefined) throw no("NO_ANSWER", source);
    const failure = unit.fails?.(request);
    if (failure !== undefined) throw no(failure, source);
    return carryOut(unit, request, source);
  };
  return {
    asked,
    options,
    closed,
    request(unit, request, asking) {
      // One after the other, as on a line: what is called off before its turn is never sent.
      const turn = line.then(async () => {
        await clock.sleepUntil(clock.monotonic());
        if (asking.signal.aborted) throw no("STOPPED", asking.source);
        asked.push(`${unit} ${textOf(request)}`);
        options.push(asking);
        return answer(unit, request, asking.source);
      });
      line = turn.catch(() => undefined);
      return turn;
    },
    close: () => {
      resolve(undefined);
      return Promise.resolve();
    },
    tap: () => () => undefined,
    stats: () => ({
      sentBytes: 0,
      receivedBytes: 0,
      sentFrames: asked.length,
      receivedFrames: 0,
      strayBytes: 0,
      utilisation: 12.5,
      waiting: 0,
      units: { 1: { ...noCounts, requests: asked.length, timeouts: 3, turnaround: 7 } },
    }),
  };
}

function deferred(): {
  promise: Promise<BothyError | undefined>;
  resolve: (value: BothyError | undefined) => void;
} {
  let resolve: (value: BothyError | undefined) => void = () => undefined;
  const promise = new Promise<BothyError | undefined>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const noCounts = {
  requests: 0,
  answers: 0,
  retries: 0,
  probes: 0,
  exceptions: 0,
  timeouts: 0,
  lateAnswers: 0,
  checksumErrors: 0,
  wrongSender: 0,
  shortFrames: 0,
  longFrames: 0,
  badFrames: 0,
};

function carryOut(unit: ScriptedUnit, request: Request, source: string): Response {
  const set = (table: Table, address: number, value: number): void => {
    if (!unit.registers.has(place(table, address))) throw no("NO_SUCH_POINT", source);
    if (unit.deaf !== true) unit.registers.set(place(table, address), value);
  };
  switch (request.kind) {
    case "read": {
      if (request.count > unit.longest) throw no("REJECTED_VALUE", source);
      const cells = Array.from({ length: request.count }, (_, at) =>
        unit.registers.get(place(request.table, request.address + at)),
      );
      if (!cells.every((cell) => cell !== undefined)) throw no("NO_SUCH_POINT", source);
      const bits = request.table === "coil" || request.table === "discrete";
      return bits ? { kind: "bits", bits: cells.map((cell) => cell === 1) } : { kind: "words", words: cells };
    }
    case "write-coil":
      set("coil", request.address, request.on ? 1 : 0);
      break;
    case "write-register":
      set("holding", request.address, request.word);
      break;
    case "write-coils":
      for (const [at, on] of request.bits.entries()) set("coil", request.address + at, on ? 1 : 0);
      break;
    case "write-registers":
      for (const [at, word] of request.words.entries()) set("holding", request.address + at, word);
      break;
    case "mask": {
      const before = unit.registers.get(place("holding", request.address)) ?? 0;
      set("holding", request.address, (before & request.and) | (request.or & ~request.and));
      break;
    }
    case "read-write":
    case "identify":
    case "echo":
      throw no("UNSUPPORTED", source);
  }
  return { kind: "written" };
}
