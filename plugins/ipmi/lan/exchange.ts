import type { Cancel, Clock, Millis } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import { atOverdue } from "../../transport/overdue.ts";
import { decodePacket15, encodePacket15 } from "./ipmi15.ts";
import {
  answers,
  decodeResponse,
  encodeRequest,
  type RequestMessage,
  type ResponseMessage,
} from "./message.ts";
import { decodeHeader, encodeOutside, payloadOf, payloadTypes } from "./rmcp-plus.ts";
import { rmcpClassOf } from "./rmcp.ts";
import type { Session } from "./session.ts";
import type { Receiver } from "./socket.ts";

const app = 0x06;
const setPrivilege = 0x3b;
const closeSession = 0x3c;

/** The way to one BMC while a session is being opened: one question at a time. */
export interface Exchanger {
  readonly name: string;
  readonly clock: Clock;
  /** Aborted when nobody wants the session any more. */
  readonly signal: AbortSignal;
  /** A number for the next question, 0..255. Short refusals bear nothing else to tell whose they are. */
  tag(): number;
  send(packet: Buffer): void;
  /** Hands over what arrives, in place of whoever got it before; undefined: nobody wants it. */
  listen(receive: Receiver | undefined): void;
}

/**
 * Sends a packet and waits for what `read` makes something of.
 * @returns undefined when nothing of the kind came in time
 * @throws BothyError `STOPPED` when the exchanger's signal aborts; whatever `read` throws
 */
export function exchange<T>(
  wire: Exchanger,
  packet: Buffer,
  timeout: Millis,
  read: (packet: Buffer) => T | undefined,
): Promise<T | undefined> {
  return new Promise<T | undefined>((resolve, reject) => {
    const { clock, signal } = wire;
    let cancel: Cancel = () => undefined;
    const end = (settle: () => void): void => {
      cancel();
      wire.listen(undefined);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const stop = (): void => end(() => reject(new BothyError("STOPPED", { source: wire.name })));
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener("abort", stop, { once: true });
    cancel = atOverdue(clock, clock.monotonic() + timeout, () => end(() => resolve(undefined)));
    wire.listen((received) => {
      try {
        const answer = read(received);
        if (answer !== undefined) end(() => resolve(answer));
        return answer !== undefined;
      } catch (thrown) {
        end(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown))));
        return true;
      }
    });
    wire.send(packet);
  });
}

/** How a message outside of any session is wrapped. */
export type Framing = "1.5" | "2.0";

/** One command outside of any session, asked once. */
export async function askOutside(
  wire: Exchanger,
  framing: Framing,
  request: RequestMessage,
  timeout: Millis,
): Promise<ResponseMessage | undefined> {
  const message = encodeRequest(request);
  const packet =
    framing === "1.5"
      ? encodePacket15({ message, sequence: 0, sessionId: 0 })
      : encodeOutside(payloadTypes.ipmi, message);
  return exchange(wire, packet, timeout, (received) => {
    const answer = messageOutside(received);
    const response = answer === undefined ? undefined : decodeResponse(answer);
    return response?.sound === true && answers(response, request) ? response : undefined;
  });
}

/** The message of a packet outside of any session, in either framing. */
function messageOutside(packet: Buffer): Buffer | undefined {
  if (rmcpClassOf(packet) !== "ipmi") return undefined;
  const header = decodeHeader(packet);
  if (header !== undefined) {
    const plain = header.sessionId === 0 && header.payloadType === payloadTypes.ipmi && !header.encrypted;
    return plain ? payloadOf(packet, header) : undefined;
  }
  const packet15 = decodePacket15(packet);
  return packet15?.sessionId === 0 ? packet15.message : undefined;
}

/** One command within a session, repeated when no answer comes. */
export async function askWithin(
  wire: Exchanger,
  session: Session,
  request: RequestMessage,
  pace: { readonly timeout: Millis; readonly tries: number },
): Promise<ResponseMessage | undefined> {
  const message = encodeRequest(request);
  for (let attempt = 1; attempt <= pace.tries; attempt++) {
    const answer = await exchange(wire, session.seal(message), pace.timeout * attempt, (received) => {
      const opened = session.open(received);
      const response = typeof opened === "string" ? undefined : decodeResponse(opened);
      return response !== undefined && answers(response, request) ? response : undefined;
    });
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/**
 * Brings a session that was just opened up to a level. One that cannot be is closed again, without insisting: BMCs have
 * few.
 * @param read what its answer to Set Session Privilege Level means; throws when it refuses. IPMI v2.0 §22.18
 */
export async function raiseSession<S extends Session>(
  wire: Exchanger,
  session: S,
  level: number,
  pace: { readonly timeout: Millis; readonly tries: number },
  read: (answer: ResponseMessage) => S,
): Promise<S | undefined> {
  const request = { netFn: app, command: setPrivilege, data: Buffer.of(level), sequence: 0 };
  let raised: S | undefined;
  try {
    const answer = await askWithin(wire, session, request, pace);
    raised = answer === undefined ? undefined : read(answer);
    return raised;
  } finally {
    if (raised === undefined) wire.send(session.seal(encodeRequest(closing(session.bmcId, 1))));
  }
}

/** Close Session. IPMI v2.0 §22.19 */
export function closing(bmcId: number, sequence: number): RequestMessage {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(bmcId);
  return { netFn: app, command: closeSession, data, sequence };
}
