import { HttpError } from "../faults.ts";

/** A request as it came. Synse v3 §2. */
export interface Asked {
  /** The text of its id, to be sent back as it came: numbers of any length, texts, null, whatever it is. */
  readonly id: string;
  readonly event: string;
  /** Without what is null or blank, which is as if absent: some clients send every key they know. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A message that is no request; its id when it has one. */
export interface Unreadable {
  readonly id: string;
  readonly fault: HttpError;
}

/** What errors carry whose request has no id. */
export const noId = "-1";
/** It is sent back with every answer, and with every reading of a stream. */
const longestId = 1000;

/** Reads a message. */
export function readMessage(text: string): Asked | Unreadable {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unreadable(noId, `the message is not JSON: ${why}`);
  }
  if (typeof message !== "object" || message === null || Array.isArray(message))
    return unreadable(noId, `the message must be an object such as ${example}`);
  const id = memberText(text, "id");
  if (id === undefined) return unreadable(noId, `the message has no id; it must be such as ${example}`);
  if (id.length > longestId) return unreadable(noId, `the id is longer than ${longestId} characters`);
  const { event, data = null } = message as { readonly event?: unknown; readonly data?: unknown };
  if (event === undefined) return unreadable(id, `the message has no event; it must be such as ${example}`);
  if (typeof event !== "string") return unreadable(id, "the event must be text, such as request/status");
  if (typeof data !== "object" || Array.isArray(data)) return unreadable(id, "data must be an object");
  const given = Object.entries(data ?? {}).filter(([, value]) => value !== null && value !== "");
  return { id, event, data: Object.fromEntries(given) };
}

const example = '{"id": 1, "event": "request/status"}';

const unreadable = (id: string, why: string): Unreadable => ({ id, fault: new HttpError(400, why) });

const quote = 0x22;
const backslash = 0x5c;

/**
 * The text of a member of a JSON object, as it stands; the last one when there are several, as `JSON.parse` has it.
 * @param text an object, well-formed
 */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let at = afterSpace(text, text.indexOf("{") + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = stringEnd(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const start = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    if (key === name) found = text.slice(start, end);
    at = afterSpace(text, afterSpace(text, end) + 1);
  }
  return found;
}

/** The next place that is not white. */
function afterSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text.charAt(at)) && at < text.length) at++;
  return at;
}

/** Where a string that begins here has ended. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}

/** Where a value that begins here has ended. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const c = text.charAt(at);
    if (depth === 0 && ",}] \t\r\n".includes(c)) return at;
    at = c === '"' ? stringEnd(text, at) : at + 1;
    if (c === "{" || c === "[") depth++;
    if (c === "}" || c === "]") depth--;
    if (depth === 0 && '"}]'.includes(c)) return at;
  }
  return at;
}

/** What an answer is about: ready JSON, or a list whose items are made as the client takes them. */
export type Body = string | Buffer | { readonly items: Iterable<string> };

/** Part of a message. */
export interface Fragment {
  readonly text: string;
  readonly last: boolean;
}

/** What is sent: in one frame, or in several. */
export type Message = string | Buffer | Iterator<Fragment, undefined>;

/** How every message to a client begins. */
export const headOf = (id: string, event: string): string => `{"id":${id},"event":"${event}","data":`;

/** A whole message. Numbers stay as they are written: nothing is parsed again. */
export function messageOf(id: string, event: string, body: Body): Message {
  const head = headOf(id, event);
  if (typeof body === "string") return `${head}${body}}`;
  if (Buffer.isBuffer(body)) return Buffer.concat([Buffer.from(head), body, closing]);
  return fragments(head, body.items);
}

const closing = Buffer.from("}");

/** Of a list, in characters. */
const fragmentLength = 32_768;

function* fragments(head: string, items: Iterable<string>): Generator<Fragment, undefined, undefined> {
  let text = `${head}[`;
  let separator = "";
  for (const item of items) {
    text += separator + item;
    separator = ",";
    if (text.length < fragmentLength) continue;
    yield { text, last: false };
    text = "";
  }
  yield { text: `${text}]}`, last: true };
  return undefined;
}
