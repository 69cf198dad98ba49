import { completion } from "./lan/message.ts";
import type { Peer, Session } from "./lan/sessions.ts";
import { level } from "./users.ts";

/** A command as its handler sees it. */
export interface Call {
  readonly data: Buffer;
  readonly lun: number;
  /** Absent outside sessions. */
  readonly session?: Session;
  /** 0 outside sessions. */
  readonly level: number;
  readonly peer: Peer;
}

/** What a command does. It returns the data behind completion code 00h, or refuses. */
export interface Command {
  readonly netFn: number;
  readonly command: number;
  /** What it takes; `none`: works outside sessions too. */
  readonly level: keyof typeof level | "none";
  /** Least and most bytes of data. */
  readonly length: readonly [number, number];
  readonly run: (call: Call) => Uint8Array | readonly number[];
}

/** What came of a command; no answer at all while it hangs. */
export interface Outcome {
  readonly code: number;
  readonly data: Uint8Array;
}

class Refusal extends Error {
  readonly code: number;
  readonly data: Uint8Array;
  constructor(code: number, data: Uint8Array) {
    super(`completion code ${code.toString(16)}h`);
    this.code = code;
    this.data = data;
  }
}

/** Ends a command with a completion code other than 00h. @param data what follows it, mostly nothing */
export function refuse(code: number, data: Uint8Array | readonly number[] = []): never {
  throw new Refusal(code, Uint8Array.from(data));
}

/**
 * A row of a table of commands.
 * @param length how many bytes of data it takes, or least and most
 */
export function command(
  netFn: number,
  number: number,
  needed: Command["level"],
  length: number | readonly [number, number],
  run: Command["run"],
): Command {
  return {
    netFn,
    command: number,
    level: needed,
    length: typeof length === "number" ? [length, length] : length,
    run,
  };
}

export interface Dispatcher {
  run(netFn: number, command: number, call: Call): Outcome;
}

const empty = new Uint8Array(0);
const keyOf = (netFn: number, command: number): number => (netFn << 8) | command;

/** What is unknown is so at every level: clients probe, and take any other answer for a fault. */
export function createDispatcher(commands: readonly Command[]): Dispatcher {
  const table = new Map(commands.map((one) => [keyOf(one.netFn, one.command), one]));
  return {
    run(netFn, number, call) {
      const found = table.get(keyOf(netFn, number));
      if (found === undefined) return { code: completion.unknownCommand, data: empty };
      const needed = found.level === "none" ? 0 : level[found.level];
      if (call.level < needed) return { code: completion.noPrivilege, data: empty };
      const [least, most] = found.length;
      if (call.data.length < least || call.data.length > most) {
        return { code: completion.wrongLength, data: empty };
      }
      try {
        return { code: completion.ok, data: Uint8Array.from(found.run(call)) };
      } catch (error) {
        if (error instanceof Refusal) return { code: error.code, data: error.data };
        throw error;
      }
    },
  };
}

/** Two bytes, least significant first. */
export const u16 = (value: number): readonly number[] => [value & 0xff, (value >> 8) & 0xff];

/** Four bytes, least significant first. */
export const u32 = (value: number): readonly number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
