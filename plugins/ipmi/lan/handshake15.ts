import { BothyError } from "../../../devices/errors.ts";
import { completionName } from "../completion.ts";
import { answersOnce, capabilitiesOf } from "./capabilities.ts";
import { askOutside, exchange, raiseSession } from "./exchange.ts";
import type { Opening } from "./opening.ts";
import { authenticationTypes, decodePacket15, encodePacket15, isAuthentic15 } from "./ipmi15.ts";
import { answers, decodeResponse, encodeRequest, type ResponseMessage } from "./message.ts";
import { longestUser } from "./rakp.ts";
import { privilegeRefused, refusal, refusalOf } from "./refusal.ts";
import { rmcpClassOf } from "./rmcp.ts";
import { Md5Session, type Session } from "./session.ts";

const app = 0x06;
const getChallenge = 0x39;
const activate = 0x3a;

/** Opens a session of IPMI v1.5 with MD5. IPMI v2.0 §22.16 to §22.18. @throws as `openSession` does */
export async function open15(opening: Opening): Promise<Session> {
  const { login } = opening;
  const capabilities = await capabilitiesOf(opening);
  if (capabilities !== undefined && !capabilities.md5) {
    throw refusal(
      login.name,
      "not-supported",
      "it has no MD5 log-in for IPMI 1.5: allow MD5 on its LAN channel",
    );
  }
  let last: unknown;
  for (const level of login.levels) {
    try {
      return await persistently(opening, level);
    } catch (thrown) {
      if (refusalOf(thrown) !== "privilege-refused") throw thrown;
      last = thrown;
    }
  }
  throw last;
}

async function persistently(opening: Opening, level: number): Promise<Session> {
  const { login } = opening;
  let waited = 0;
  let dropped = 0;
  for (let attempt = 1; attempt <= login.tries; attempt++) {
    const timeout = login.timeout * Math.min(attempt, 2);
    waited += timeout;
    const session = await attemptOnce(opening, level, timeout);
    if (session === "no activation") dropped += (await isHeard(opening)) ? 1 : 0;
    else if (session !== undefined) return session;
  }
  if (dropped === login.tries) {
    const user = login.user.toString("utf8");
    throw refusal(
      login.name,
      "wrong-password",
      `it gives a challenge but no session: the password of "${user}" is wrong, most likely`,
    );
  }
  throw new BothyError("NO_ANSWER", { source: login.name, timeout: waited, reason: "no-answer" });
}

const askedBetween = 3;

/**
 * Whether all that is said to the BMC is answered: then it dropped what it did not answer. Where packets are lost on the
 * way, four tries at a log-in and nothing else hardly ever are.
 */
async function isHeard(opening: Opening): Promise<boolean> {
  const { login, learnt } = opening;
  if (login.quirks.skipCapabilities === true || learnt.mute15) return true;
  for (let n = 0; n < askedBetween; n++) if (!(await answersOnce(opening))) return false;
  return true;
}

async function attemptOnce(
  opening: Opening,
  level: number,
  timeout: number,
): Promise<Session | "no activation" | undefined> {
  const { login, random, wire } = opening;
  const sequence = wire.tag() & 0x3f;
  const name = Buffer.alloc(1 + longestUser);
  name[0] = authenticationTypes.md5;
  login.user.copy(name, 1);
  const challenge = await askOutside(
    wire,
    "1.5",
    { netFn: app, command: getChallenge, data: name, sequence },
    timeout,
  );
  if (challenge === undefined) return undefined;
  check(opening, level, "challenge", challenge, 20);

  const first = sequenceNumber(random(4));
  const data = Buffer.concat([
    Buffer.of(authenticationTypes.md5, level),
    challenge.data.subarray(4, 20),
    first,
  ]);
  const temporary = challenge.data.readUInt32LE(0);
  const active = await activateSession(opening, temporary, data, timeout);
  if (active === undefined) return "no activation";
  check(opening, level, "activation", active, 10);
  const type = active.data.readUInt8(0);
  if (type !== authenticationTypes.md5 && type !== authenticationTypes.none) {
    throw refusal(
      login.name,
      "other-suite",
      `it goes on with authentication type ${type} where MD5 was agreed on`,
    );
  }
  const password = type === authenticationTypes.none ? undefined : login.plainPassword;
  const sequences = { ours: active.data.readUInt32LE(5), theirs: first.readUInt32LE(0) };
  const session = new Md5Session(active.data.readUInt32LE(1), sequences, password);
  return raise(opening, session, level);
}

function sequenceNumber(random: Buffer): Buffer {
  return random.readUInt32LE(0) === 0 ? Buffer.from([1, 0, 0, 0]) : random;
}

/** Activate Session: the first packet with a code. A BMC that knows another password drops it without a word. */
function activateSession(
  { login, wire }: Opening,
  sessionId: number,
  data: Buffer,
  timeout: number,
): Promise<ResponseMessage | undefined> {
  const request = { netFn: app, command: activate, data, sequence: wire.tag() & 0x3f };
  const message = encodeRequest(request);
  const packet = encodePacket15({ message, sequence: 0, sessionId }, login.plainPassword);
  return exchange(wire, packet, timeout, (received) => {
    const decoded = rmcpClassOf(received) === "ipmi" ? decodePacket15(received) : undefined;
    if (decoded?.sessionId !== sessionId) return undefined;
    const response = decodeResponse(decoded.message);
    if (response?.sound !== true || !answers(response, request)) return undefined;
    // A refusal may come without a code; a session may not.
    return response.completion !== 0 || isAuthentic15(decoded, login.plainPassword) ? response : undefined;
  });
}

type Refused = "wrong-user" | "no-free-session" | "privilege-refused";
const challengeRefusals: Readonly<Record<number, Refused>> = { 0x81: "wrong-user", 0x82: "wrong-user" };
const activationRefusals: Readonly<Record<number, Refused>> = {
  0x81: "no-free-session",
  0x82: "no-free-session",
  0x83: "no-free-session",
  0x86: "privilege-refused",
};

/** @throws BothyError for a completion code. IPMI v2.0 tables 22-19, 22-20 */
function check(
  { login }: Opening,
  level: number,
  step: "challenge" | "activation",
  { completion, data }: ResponseMessage,
  least: number,
): void {
  if (completion === 0) {
    if (data.length >= least) return;
    throw new BothyError("SHORT_FRAME", { source: login.name, fault: `the session ${step} ends early` });
  }
  const said = `completion code ${completion.toString(16).toUpperCase()}h`;
  const reason = (step === "challenge" ? challengeRefusals : activationRefusals)[completion] ?? "refused";
  if (reason === "privilege-refused") throw privilegeRefused(login.name, level, said);
  const user = login.user.toString("utf8");
  throw refusal(
    login.name,
    reason,
    reason === "wrong-user"
      ? `it knows no user "${user}" who may log in here (${said}): check the name`
      : reason === "no-free-session"
        ? `it has no free session (${said}): end others, or wait until they expire`
        : `it refused the session ${step} (${said}, ${completionName(completion)})`,
  );
}

function raise({ login, wire }: Opening, session: Md5Session, level: number): Promise<Session | undefined> {
  return raiseSession(wire, session, level, login, ({ completion, data }) => {
    if (completion !== 0) {
      const said = `completion code ${completion.toString(16).toUpperCase()}h`;
      throw privilegeRefused(login.name, level, said);
    }
    session.level = data.length > 0 ? data.readUInt8(0) & 0x0f : level;
    return session;
  });
}
