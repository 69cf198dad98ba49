import { BothyError } from "../../../devices/errors.ts";
import type { CipherSuite } from "./cipher-suites.ts";
import { exchange, raiseSession } from "./exchange.ts";
import {
  type Agreement,
  authenticationHash,
  integrityKey,
  rakp2Code,
  rakp3Code,
  rakp4Code,
  sameCode,
  sessionKeys,
  type SessionKeys,
} from "./keys.ts";
import type { Opening } from "./opening.ts";
import type { Random } from "./options.ts";
import * as rakp from "./rakp.ts";
import { levelName, privilegeRefused, refusal, refusedStatus } from "./refusal.ts";
import { decodeHeader, encodeOutside, payloadOf, payloadTypes } from "./rmcp-plus.ts";
import { rmcpClassOf } from "./rmcp.ts";
import { PlusSession, type Session } from "./session.ts";

/** What one attempt asks for. */
export interface Asked {
  readonly suite: CipherSuite;
  readonly level: number;
}

/** The handshake once through. @returns undefined when the BMC fell silent in it. IPMI v2.0 §13.15 */
export async function attemptOnce(
  opening: Opening,
  asked: Asked,
  timeout: number,
): Promise<Session | undefined> {
  const { login, random, wire } = opening;
  const consoleId = sessionId(random);
  const tag = wire.tag();
  const say = (type: number, payload: Buffer, expected: number): Promise<Buffer | undefined> =>
    converse(opening, { type, payload, expected, tag, consoleId, timeout });

  const opened = await say(
    payloadTypes.openSessionRequest,
    rakp.encodeOpenSession(tag, asked.level, consoleId, asked.suite),
    payloadTypes.openSessionResponse,
  );
  if (opened === undefined) return undefined;
  const bmcId = checkOpened(opening, asked, opened);

  const role = asked.level | (login.quirks.noNameOnly === true ? 0 : rakp.nameOnly);
  const consoleRandom = random(16);
  const { user } = login;
  const rakp1 = rakp.encodeRakp1({ tag, bmcId, consoleRandom, role, user });
  const second = await say(payloadTypes.rakp1, rakp1, payloadTypes.rakp2);
  if (second === undefined) return undefined;
  const { agreement, code } = checkRakp2(opening, asked, second, {
    consoleId,
    bmcId,
    consoleRandom,
    role,
    user,
  });
  const proof = checkPassword(opening, asked, agreement, code, tag);

  const fourth = await say(payloadTypes.rakp3, rakp.encodeRakp3(tag, bmcId, proof), payloadTypes.rakp4);
  if (fourth === undefined) return undefined;
  const keys = checkRakp4(opening, asked, agreement, fourth);
  const session = new PlusSession({ consoleId, bmcId }, asked.suite, keys, random);
  return raise(opening, session, asked.level);
}

function sessionId(random: Random): Buffer {
  const id = random(4);
  // 0 means: no session.
  return id.readUInt32LE(0) === 0 ? Buffer.from([1, 0, 0, 0]) : id;
}

interface Step {
  readonly type: number;
  readonly payload: Buffer;
  readonly expected: number;
  readonly tag: number;
  readonly consoleId: Buffer;
  readonly timeout: number;
}

/** One message and its answer, which bears our tag and our session id. What else arrives is late, or not for us. */
function converse(opening: Opening, step: Step): Promise<Buffer | undefined> {
  return exchange(opening.wire, encodeOutside(step.type, step.payload), step.timeout, (packet) => {
    if (rmcpClassOf(packet) !== "ipmi") return undefined;
    const header = decodeHeader(packet);
    if (header?.payloadType !== step.expected || header.sessionId !== 0 || header.encrypted) return undefined;
    const payload = payloadOf(packet, header);
    const head = rakp.decodeHead(payload);
    if (head?.tag !== step.tag) return undefined;
    // An error may end before the id; anything else may not.
    if (head.consoleId === undefined) return head.status === rakp.rakpStatus.ok ? undefined : payload;
    return head.consoleId.equals(step.consoleId) ? payload : undefined;
  });
}

const askedOf = (
  { login }: Opening,
  { level, suite }: Asked,
): { user: string; level: number; suite: number } => ({
  user: login.user.toString("utf8"),
  level,
  suite: suite.id,
});

/** @throws BothyError for an error status, naming the suite that was asked for */
function checkStatus(
  opening: Opening,
  asked: Asked,
  payload: Buffer,
  step: "open" | "rakp2" | "rakp4",
): void {
  const status = payload.readUInt8(1);
  if (status === rakp.rakpStatus.ok) return;
  const error = refusedStatus(opening.login.name, status, step, askedOf(opening, asked));
  throw new BothyError(error.code, { ...error.params, suite: asked.suite.id, status });
}

const cutShort = (source: string, what: string): BothyError =>
  new BothyError("SHORT_FRAME", { source, fault: `${what} ends early` });

function checkOpened(opening: Opening, asked: Asked, payload: Buffer): Buffer {
  checkStatus(opening, asked, payload, "open");
  const { name } = opening.login;
  const opened = rakp.decodeOpenSession(payload);
  if (opened === undefined) throw cutShort(name, "the open session response");
  const { suite } = asked;
  const { algorithms } = opened;
  const same =
    algorithms.authentication === suite.authentication &&
    algorithms.integrity === suite.integrity &&
    algorithms.confidentiality === suite.confidentiality;
  if (!same) {
    const { authentication, integrity, confidentiality } = algorithms;
    throw refusal(
      name,
      "other-suite",
      `it chose algorithms ${authentication}, ${integrity}, ${confidentiality} where those of cipher suite ${suite.id} were proposed`,
    );
  }
  return opened.bmcId;
}

function checkRakp2(
  opening: Opening,
  asked: Asked,
  payload: Buffer,
  so: Omit<Agreement, "bmcRandom" | "guid">,
): { agreement: Agreement; code: Buffer } {
  checkStatus(opening, asked, payload, "rakp2");
  const rakp2 = rakp.decodeRakp2(payload);
  if (rakp2 === undefined) throw cutShort(opening.login.name, "RAKP 2");
  const { bmcRandom, code, guid } = rakp2;
  return { agreement: { ...so, bmcRandom, guid }, code };
}

/** @returns the code that proves our knowledge of the password. @throws BothyError when the BMC's does not match it */
function checkPassword(
  opening: Opening,
  asked: Asked,
  agreement: Agreement,
  code: Buffer,
  tag: number,
): Buffer {
  const { login, wire } = opening;
  const hash = authenticationHash(asked.suite);
  if (hash === undefined) return Buffer.alloc(0);
  const expected = rakp2Code(hash, login.password, agreement);
  // Some send a byte too many.
  if (!sameCode(expected, code.subarray(0, expected.length))) {
    const { wrongCode } = rakp.rakpStatus;
    const goodbye = rakp.encodeRakp3(tag, agreement.bmcId, Buffer.alloc(0), wrongCode);
    wire.send(encodeOutside(payloadTypes.rakp3, goodbye));
    const user = login.user.toString("utf8");
    throw refusal(
      login.name,
      "wrong-password",
      `the password of "${user}" is wrong: the BMC knows another one`,
    );
  }
  const level = agreement.role & 0x0f;
  const role = login.quirks.rakp3LevelOnly === true ? level : agreement.role;
  return rakp3Code(hash, login.password, agreement, role);
}

/** @throws BothyError when the BMC derived other keys, which takes another K_G */
function checkRakp4(
  opening: Opening,
  asked: Asked,
  agreement: Agreement,
  payload: Buffer,
): SessionKeys | undefined {
  checkStatus(opening, asked, payload, "rakp4");
  const { login } = opening;
  const hash = authenticationHash(asked.suite);
  if (hash === undefined) return undefined;
  const sik = integrityKey(hash, login.key, agreement);
  const expected = rakp4Code(hash, sik, agreement);
  const code = rakp.decodeRakp4(payload);
  if (sameCode(expected, code.subarray(0, expected.length))) return sessionKeys(hash, sik);
  throw refusal(
    login.name,
    "wrong-key",
    login.hasKey
      ? "K_G is wrong: the password fits, but the BMC has another key of its own, or none"
      : "the password fits, but the BMC has a key of its own (K_G): configure it here too",
  );
}

/** Brings a new session up to the level it was opened for. */
function raise({ login, wire }: Opening, session: PlusSession, level: number): Promise<Session | undefined> {
  return raiseSession(wire, session, level, login, ({ completion, data }) => {
    if (completion !== 0) {
      const said = `completion code ${completion.toString(16).toUpperCase()}h`;
      const error = privilegeRefused(login.name, level, said);
      throw new BothyError(error.code, { ...error.params, suite: session.suite, completion });
    }
    const given = data.length > 0 ? data.readUInt8(0) & 0x0f : level;
    if (given < level) throw privilegeRefused(login.name, level, `it gave ${levelName(given)}`);
    session.level = given;
    return session;
  });
}
