import type { Millis } from "../../../devices/clock.ts";
import {
  addresses,
  answers,
  decodeResponse,
  encodeRequest,
  type RequestMessage,
  type ResponseMessage,
} from "./message.ts";
import type { Pending } from "./pending.ts";

/** A request while it is under way in a session. */
export interface Flight {
  readonly pending: Pending;
  /** What is sent, also when it is sent again. */
  readonly message: Buffer;
  /** What the BMC answers: the request itself, or the Send Message it is packed in. */
  readonly outer: RequestMessage;
  /** What a controller behind the BMC answers. */
  readonly inner: RequestMessage | undefined;
  readonly firstSent: Millis;
  /** How many were under way when it was sent first, itself among them. */
  readonly among: number;
  lastSent: Millis;
  /** When the answer should have come. */
  due: Millis;
  /** How often it was sent, and how many answers of any kind came. */
  copies: number;
  heard: number;
  /** How often its answer was overdue. */
  waits: number;
  /** The BMC said that it has the request already (CFh): sending it again brings nothing. */
  noticed: boolean;
}

const app = 0x06;
const sendMessage = 0x34;
/** The BMC is to keep track of the request and pass on its answer. IPMI v2.0 table 22-11. */
const tracking = 0x40;

/** @param number rqSeq of the request, and of what is packed in it */
export function flightOf(
  pending: Pending,
  { among, due, now, number }: { among: number; due: Millis; now: Millis; number: number },
): Flight {
  const { command, data, lun, netFn, target } = pending.request;
  const plain: RequestMessage = { netFn, command, data, lun, sequence: number };
  const inner: RequestMessage | undefined =
    target === undefined ? undefined : { ...plain, responder: target.address, requester: addresses.bmc };
  const outer = inner === undefined ? plain : packed(inner, target?.channel ?? 0);
  return {
    pending,
    message: encodeRequest(outer),
    outer,
    inner,
    firstSent: now,
    lastSent: now,
    among,
    due,
    copies: 0,
    heard: 0,
    waits: 0,
    noticed: false,
  };
}

/** A message for a controller behind the BMC. IPMI v2.0 §6.13, §22.7. */
const packed = (inner: RequestMessage, channel: number): RequestMessage => ({
  netFn: app,
  command: sendMessage,
  data: Buffer.concat([Buffer.of(channel | tracking), encodeRequest(inner)]),
  sequence: inner.sequence,
});

/** What an answer means for a flight. */
export type Meaning =
  /** It is none of this one's. */
  | { readonly kind: "foreign" }
  /** The BMC has passed the request on; the answer is still to come. */
  | { readonly kind: "passed on" }
  /** `bridge`: it is the BMC's own, about passing the request on. */
  | {
      readonly kind: "answer";
      readonly completion: number;
      readonly data: Buffer;
      readonly bridge: boolean;
    };

/** Reads an answer with the number of a flight. */
export function meaningOf({ inner, outer }: Flight, response: ResponseMessage): Meaning {
  const { completion, data } = response;
  if (inner === undefined) {
    return answers(response, outer)
      ? { kind: "answer", completion, data, bridge: false }
      : { kind: "foreign" };
  }
  // The controller's answer on its own: as if it had been asked by us, and in its own name or the BMC's.
  if (isInner(inner, response)) return { kind: "answer", completion, data, bridge: false };
  if (!answers(response, outer)) return { kind: "foreign" };
  if (completion !== 0) return { kind: "answer", completion, data, bridge: true };
  const within = decodeResponse(data);
  if (within === undefined || !isInner(inner, within)) return { kind: "passed on" };
  return { kind: "answer", completion: within.completion, data: within.data, bridge: false };
}

const isInner = (inner: RequestMessage, response: ResponseMessage): boolean =>
  response.sequence === inner.sequence &&
  response.netFn === inner.netFn + 1 &&
  response.command === inner.command &&
  (response.responder === inner.responder || response.responder === addresses.bmc);
