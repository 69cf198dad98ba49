import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError, type ErrorCode, type ErrorParams } from "../../devices/errors.ts";
import type { Value } from "../../devices/reading.ts";
import { abortable } from "../../devices/wait.ts";
import { Bus, type TurnOptions } from "../../plugins/transport/bus.ts";
import { type Line, settler } from "../../plugins/transport/line.ts";

const longestLine = 64;
const lineFeed = 10;

/** Bytes to lines. A line of more than 64 characters is none: it comes as undefined, and the reader starts afresh. */
export class LineReader {
  #held: number[] = [];

  feed(bytes: Uint8Array): readonly (string | undefined)[] {
    const lines: (string | undefined)[] = [];
    for (const byte of bytes) {
      if (byte !== lineFeed && this.#held.length < longestLine) this.#held.push(byte);
      else {
        lines.push(byte === lineFeed ? String.fromCharCode(...this.#held).trimEnd() : undefined);
        this.#held = [];
      }
    }
    return lines;
  }
}

/** What an answer holds, or why it holds nothing. */
export type Answer =
  | { readonly quality: "good"; readonly value: Value }
  | { readonly quality: "bad"; readonly code: ErrorCode; readonly params: Omit<ErrorParams, "source"> };

const bad = (code: ErrorCode, params: Omit<ErrorParams, "source">): Answer => ({
  quality: "bad",
  code,
  params,
});

/** What the box says of a channel: `21.5`, `-` where no sensor is connected, `on`, `off`. */
export function valueOf(channel: string, text: string): Answer {
  if (channel.startsWith("R"))
    return text === "on" || text === "off"
      ? { quality: "good", value: text }
      : bad("UNKNOWN_STATE", { value: text });
  if (text === "-") return bad("ABSENT", { fault: "no sensor is connected" });
  return /^-?\d{1,3}(\.\d{1,3})?$/.test(text)
    ? { quality: "good", value: Number(text) }
    : bad("NOT_A_NUMBER", { fault: JSON.stringify(text) });
}

/** What the box refuses, in our words. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  "?channel": "NO_SUCH_POINT",
  "?value": "REJECTED_VALUE",
};

export interface BoxOptions {
  /** For messages. */
  readonly name: string;
  readonly timeout: Millis;
  readonly clock: Clock;
}

/** The conversation with a box: one question at a time, `T1?` or `R1=on`, answered by `T1=21.5`, `R1=on` or `?reason`. */
export class Box {
  readonly closed: Promise<BothyError | undefined>;
  readonly #line: Line;
  readonly #options: BoxOptions;
  readonly #bus: Bus;
  readonly #end: (reason: BothyError | undefined) => void;
  #answered: (line: string | BothyError) => void = () => undefined;

  constructor(line: Line, options: BoxOptions) {
    const { promise, settle } = settler<BothyError | undefined>();
    const reader = new LineReader();
    this.closed = promise;
    this.#line = line;
    this.#options = options;
    this.#bus = new Bus({ name: options.name });
    this.#end = (reason) => {
      const error = reason ?? new BothyError("STOPPED", { source: options.name });
      this.#bus.stop(error);
      this.#answered(error);
      settle(reason);
    };
    line.receive((bytes) => {
      for (const text of reader.feed(bytes)) {
        if (text === undefined) this.#abandon("LONG_FRAME", `more than ${longestLine} characters`);
        else this.#answered(text);
      }
    });
    void line.closed.then(this.#end);
  }

  /**
   * Asks about a channel, or sets it.
   * @returns what follows `<channel>=` in the answer
   * @throws BothyError
   */
  ask(channel: string, question: string, options: TurnOptions): Promise<string> {
    const turn = this.#bus.turn(options, () => this.#converse(channel, question));
    const stopped = (): BothyError => new BothyError("STOPPED", { source: this.#options.name });
    return abortable(turn, options.signal, stopped);
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.#line.close();
  }

  async #converse(channel: string, question: string): Promise<string> {
    const { clock, timeout, name } = this.#options;
    const { promise, settle } = settler<string | BothyError>();
    this.#answered = settle;
    const cancel = clock.at(clock.monotonic() + timeout, () => this.#abandon("NO_ANSWER", "silence"));
    this.#line.write(new TextEncoder().encode(`${channel}${question}\n`));
    const answer = await promise;
    cancel();
    this.#answered = () => undefined;
    if (answer instanceof BothyError) throw answer;
    const refusal = refusals[answer];
    if (refusal !== undefined) throw new BothyError(refusal, { source: `${name} ${channel}`, fault: answer });
    if (answer.startsWith(`${channel}=`)) return answer.slice(channel.length + 1);
    throw this.#abandon("BAD_FRAME", JSON.stringify(answer));
  }

  /** Answers carry no number: one that may still come would be taken for the next, so the line is given up. */
  #abandon(code: ErrorCode, fault: string): BothyError {
    const { name, timeout } = this.#options;
    const error = new BothyError(code, { source: name, fault, timeout });
    this.#end(error);
    void this.#line.close();
    return error;
  }
}
