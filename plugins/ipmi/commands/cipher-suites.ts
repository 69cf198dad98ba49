import { ask, type AskOptions, atLeast } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";
import { type OfferedSuite, parseCipherSuites } from "../lan/cipher-suites.ts";
import { presentChannel } from "./channels.ts";

const chunk = 16;
const mostChunks = 0x40;

/** IPMI v2.0 §22.15. By suite, not by algorithm. */
export const encodeGetCipherSuites = (channel: number, index: number): IpmiRequest => ({
  netFn: 0x06,
  command: 0x54,
  data: Uint8Array.of(channel, 0, 0x80 | index),
});

/** The suites a channel offers, inside a session. Those that are listed may be refused all the same. @throws BothyError */
export async function listCipherSuites(
  requester: Requester,
  channel: number = presentChannel,
  options?: AskOptions,
): Promise<readonly OfferedSuite[]> {
  const parts: Buffer[] = [];
  const decode = (data: Buffer, source: string): Buffer =>
    atLeast(data, 1, source, "cipher suites").subarray(1);
  for (let index = 0; index < mostChunks; index++) {
    const part = await ask(requester, encodeGetCipherSuites(channel, index), decode, options);
    parts.push(part.subarray(0, chunk));
    if (part.length < chunk) break;
  }
  return parseCipherSuites(Buffer.concat(parts));
}
