import { parseCipherSuites, type OfferedSuite } from "./cipher-suites.ts";
import { askOutside, type Framing } from "./exchange.ts";
import type { Opening } from "./opening.ts";
import type { ResponseMessage } from "./message.ts";

/** What a BMC says of its log-in. Hints: several get single bits wrong. IPMI v2.0 §22.13, table 22-15. */
export interface Capabilities {
  /** Undefined when it did not answer the question that would have told. */
  readonly supports20: boolean | undefined;
  readonly supports15: boolean;
  readonly md5: boolean;
  /** Whether K_G is set. */
  readonly hasKey: boolean;
}

const app = 0x06;
const getCapabilities = 0x38;
const getSuites = 0x54;
/** The channel the question comes in by. */
const thisChannel = 0x0e;
const extended = 0x80;

/**
 * Get Channel Authentication Capabilities, asked the way every BMC knows it, and the old way.
 * @returns undefined when it says nothing
 */
export async function capabilitiesOf(opening: Opening): Promise<Capabilities | undefined> {
  const { login, wire, learnt } = opening;
  if (login.quirks.skipCapabilities === true || learnt.mute15) return undefined;
  const level = login.levels[0] ?? 4;
  const asks = login.version === "1.5" ? [thisChannel] : [thisChannel | extended, thisChannel];
  let told = login.version === "1.5";
  for (const channel of asks) {
    const sequence = wire.tag() & 0x3f;
    const request = { netFn: app, command: getCapabilities, data: Buffer.of(channel, level), sequence };
    const answer = await askOutside(wire, "1.5", request, login.timeout);
    told ||= answer !== undefined && (channel & extended) !== 0;
    if (answer?.completion === 0 && answer.data.length >= 4) return decodeCapabilities(answer, told);
  }
  learnt.mute15 = true;
  return undefined;
}

/** Whether it answers the question of `capabilitiesOf` in the format of IPMI v1.5, sent once. It has no effect. */
export async function answersOnce({ login, wire }: Opening): Promise<boolean> {
  const data = Buffer.of(thisChannel, login.levels[0] ?? 4);
  const request = { netFn: app, command: getCapabilities, data, sequence: wire.tag() & 0x3f };
  return (await askOutside(wire, "1.5", request, login.timeout)) !== undefined;
}

/** @param told whether it was asked for versions: a lost answer must not pass for a BMC that knows nothing newer */
function decodeCapabilities({ data }: ResponseMessage, told: boolean): Capabilities {
  const types = data.readUInt8(1);
  const status = data.readUInt8(2);
  const versions = (types & extended) === 0 ? 0x01 : data.readUInt8(3);
  return {
    supports20: told ? (versions & 0x02) !== 0 : undefined,
    supports15: (versions & 0x01) !== 0,
    md5: (types & 0x04) !== 0,
    hasKey: (status & 0x20) !== 0,
  };
}

const chunk = 16;
const mostChunks = 64;

/** The list of cipher suites, in whichever framing the BMC answers; undefined when it does not. IPMI v2.0 §22.15 */
export async function offeredSuites(opening: Opening): Promise<readonly OfferedSuite[] | undefined> {
  for (const framing of ["2.0", "1.5"] as const) {
    const records = await suiteRecords(opening, framing);
    if (records !== undefined) return parseCipherSuites(records);
  }
  return undefined;
}

async function suiteRecords({ login, wire }: Opening, framing: Framing): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (let index = 0; index < mostChunks; index++) {
    const data = Buffer.of(thisChannel, 0, extended | index);
    const sequence = wire.tag() & 0x3f;
    const answer = await askOutside(
      wire,
      framing,
      { netFn: app, command: getSuites, data, sequence },
      login.timeout,
    );
    if (answer === undefined || answer.completion !== 0) break;
    const part = answer.data.subarray(1);
    parts.push(part);
    if (part.length < chunk) return Buffer.concat(parts);
  }
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}
