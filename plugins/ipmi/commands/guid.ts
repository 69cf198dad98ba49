import { ask, type AskOptions, atLeast } from "../answer.ts";
import type { Requester } from "../contract.ts";

/**
 * A GUID, read in each way makers have meant it. IPMI v2.0 §20.8 has it backwards, SMBIOS and with it most makers turn
 * only the first three groups, some send it as it is written.
 */
export interface Guid {
  /** As it came, 32 hexadecimal digits. */
  readonly raw: string;
  /** The common reading; the same that the operating system shows for the machine. */
  readonly smbios: string;
  /** As the specification has it; what ipmitool shows where it finds a version in that order. */
  readonly ipmi: string;
  /** In the order it came. */
  readonly network: string;
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeGuid(data: Buffer, source = "GUID"): Guid {
  const raw = Buffer.from(atLeast(data, 16, source, "GUID").subarray(0, 16));
  const turned = Buffer.from(raw);
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ] as const)
    turned.subarray(from, to).reverse();
  return {
    raw: raw.toString("hex"),
    smbios: grouped(turned),
    ipmi: grouped(Buffer.from(raw).reverse()),
    network: grouped(raw),
  };
}

const grouped = (bytes: Buffer): string =>
  bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** The machine's. IPMI v2.0 §22.14. */
export const getSystemGuid = (requester: Requester, options?: AskOptions): Promise<Guid> =>
  ask(requester, { netFn: 0x06, command: 0x37 }, decodeGuid, options);

/** The controller's own. IPMI v2.0 §20.8. */
export const getDeviceGuid = (requester: Requester, options?: AskOptions): Promise<Guid> =>
  ask(requester, { netFn: 0x06, command: 0x08 }, decodeGuid, options);
