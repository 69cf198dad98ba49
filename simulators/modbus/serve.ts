import type { Clock, Millis } from "../clock.ts";
import { type Answer, createLine, type Line, type LineOptions } from "../line.ts";
import { listen, type TcpListener, type TcpOptions } from "../tcp.ts";
import type { Wire } from "../wire.ts";
import { type Addressed, buildMbap, buildRtu, createMbapReader, type MbapFrame, parseRtu } from "./codec.ts";
import { answer, noAnswerBehindGateway, obey, refusal } from "./functions.ts";
import type { SimulatedUnit } from "./unit.ts";

/** How a unit misbehaves with one answer. Everything absent: it does not. */
export interface Misbehaviour {
  readonly silent?: boolean;
  /** Added to the turnaround. */
  readonly delay?: Millis;
  /** Refuses with this code instead of doing what it was asked. */
  readonly exception?: number;
  /** Changes the whole frame, header and check sum included; `checked` is how many bytes at its end are the latter. */
  readonly frame?: (frame: Uint8Array, checked: number) => Uint8Array;
  /** Answers under another unit id. */
  readonly unit?: (unit: number) => number;
}

export interface ServeOptions {
  /** Units by id, 1..247. May change while it is served. */
  readonly units: ReadonlyMap<number, SimulatedUnit>;
  /** Asked once for every answer. */
  readonly misbehave?: (unit: SimulatedUnit) => Misbehaviour;
}

const checkSumBytes = 2;

const behave = (): Misbehaviour => ({});

function reply(unit: SimulatedUnit, request: Addressed, how: Misbehaviour): Addressed {
  const pdu =
    how.exception === undefined ? answer(request.pdu, unit) : refusal(request.pdu[0] ?? 0, how.exception);
  return { unit: how.unit?.(request.unit) ?? request.unit, pdu };
}

/**
 * Modbus RTU: units on a line with its timing. What is damaged, or meant for an absent unit, is met with silence;
 * a broadcast is obeyed by every unit and never answered (Serial Line V1.02 §2.1).
 */
export function serveRtu(options: ServeOptions & Omit<LineOptions, "receive">): Line {
  const misbehave = options.misbehave ?? behave;
  return createLine({
    ...options,
    receive(frame): readonly Answer[] {
      const request = parseRtu(frame);
      if (request === undefined) return [];
      if (request.unit === 0) {
        for (const unit of options.units.values()) obey(request.pdu, unit);
        return [];
      }
      const unit = options.units.get(request.unit);
      if (unit === undefined) return [];
      const how = misbehave(unit);
      if (how.silent === true) return [];
      const bytes = buildRtu(reply(unit, request, how));
      return [
        {
          bytes: how.frame?.(bytes, checkSumBytes) ?? bytes,
          after: unit.turnaround + (how.delay ?? 0),
          from: String(request.unit),
        },
      ];
    },
  });
}

export interface TcpServeOptions extends ServeOptions {
  readonly clock: Clock;
  /** False while the endpoint is cut off. */
  readonly passes?: () => boolean;
}

/**
 * Modbus TCP. An absent unit is refused with exception 11, as gateways do. Requests may be pipelined; each unit
 * works on one at a time. A stream that is not Modbus is closed.
 * @throws Error of the system, such as an address in use
 */
export function serveTcp(options: TcpServeOptions & TcpOptions): Promise<TcpListener> {
  const busyUntil = new Map<SimulatedUnit, Millis>();
  return listen(options, (wire) => serveTcpWire(wire, options, busyUntil));
}

/** One Modbus TCP connection. @param busyUntil shared by the connections of one endpoint */
export function serveTcpWire(
  wire: Wire,
  options: TcpServeOptions,
  busyUntil = new Map<SimulatedUnit, Millis>(),
): void {
  const { clock } = options;
  const passes = options.passes ?? (() => true);
  const reader = createMbapReader();
  const cancels = new Set<() => void>();
  const send = (due: Millis, bytes: Uint8Array): void => {
    const cancel = clock.at(due, () => {
      cancels.delete(cancel);
      if (passes()) wire.write(bytes);
    });
    cancels.add(cancel);
  };
  const serve = (request: MbapFrame): void => {
    const now = clock.monotonic();
    const unit = options.units.get(request.unit);
    if (unit === undefined) {
      const pdu = refusal(request.pdu[0] ?? 0, noAnswerBehindGateway);
      send(now, buildMbap({ ...request, pdu }));
      return;
    }
    const how = (options.misbehave ?? behave)(unit);
    if (how.silent === true) return;
    const due = Math.max(now, busyUntil.get(unit) ?? 0) + unit.turnaround + (how.delay ?? 0);
    busyUntil.set(unit, due);
    const frame = buildMbap({ mbapId: request.mbapId, ...reply(unit, request, how) });
    send(due, how.frame?.(frame, 0) ?? frame);
  };
  void wire.closed.then(() => cancels.forEach((cancel) => cancel()));
  wire.onData((bytes) => {
    if (!passes()) return;
    const { frames, broken } = reader.feed(bytes);
    frames.forEach(serve);
    if (broken) void wire.close();
  });
}
