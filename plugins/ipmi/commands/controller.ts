import { ask, type AskOptions, atLeast, bit, hex, nothing } from "../answer.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** IPMI v2.0 table 20-8, result 57h: what failed, by bit. */
const selfTestFaults = [
  "operational firmware damaged",
  "boot block damaged",
  "internal use area of the FRU damaged",
  "SDR repository empty",
  "no access to IPMB lines",
  "no access to the FRU",
  "no access to the SDR repository",
  "no access to the event log",
] as const;

/** What a controller found when it tested itself. IPMI v2.0 §20.4. */
export interface SelfTest {
  readonly result: "passed" | "not-implemented" | "faults" | "fatal" | "other";
  /** What is wrong, for people; for `fatal` and `other` the maker's code. */
  readonly faults: readonly string[];
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeSelfTest(data: Buffer, source = "self test"): SelfTest {
  const [code = 0, detail = 0] = atLeast(data, 2, source, "self test");
  if (code === 0x55) return { result: "passed", faults: [] };
  if (code === 0x56) return { result: "not-implemented", faults: [] };
  if (code === 0x57)
    return { result: "faults", faults: selfTestFaults.filter((_fault, n) => bit(detail, n)) };
  return { result: code === 0x58 ? "fatal" : "other", faults: [`code ${hex(code)}, detail ${hex(detail)}`] };
}

export const getSelfTest = (requester: Requester, options?: AskOptions): Promise<SelfTest> =>
  ask(requester, { netFn: 0x06, command: 0x04 }, decodeSelfTest, options);

export const encodeReset = (kind: "cold" | "warm"): IpmiRequest => ({
  netFn: 0x06,
  command: kind === "cold" ? 0x02 : 0x03,
  repeatable: false,
});

/**
 * Restarts the controller, not the machine. IPMI v2.0 §20.2, §20.3. Many never answer it, as they are gone at once: then
 * it ends as `OUTCOME_UNKNOWN`, and a controller that is silent for a minute has most likely done it.
 */
export const resetController = (
  requester: Requester,
  kind: "cold" | "warm",
  options?: AskOptions,
): Promise<void> => ask(requester, encodeReset(kind), nothing, options);

/** IPMI v2.0 tables 20-10, 20-11. */
const systemStates: Readonly<Record<number, string>> = {
  0x00: "S0/G0 working",
  0x01: "S1",
  0x02: "S2",
  0x03: "S3",
  0x04: "S4",
  0x05: "S5/G2 soft off",
  0x06: "S4 or S5",
  0x07: "G3 mechanical off",
  0x08: "sleeping",
  0x09: "G1 sleeping",
  0x0a: "S5 by override",
  0x20: "legacy on",
  0x21: "legacy off",
};

const deviceStates: Readonly<Record<number, string>> = { 0: "D0", 1: "D1", 2: "D2", 3: "D3" };

export interface AcpiState {
  /** The machine's, e.g. `S5/G2 soft off`; `unknown` when the controller cannot tell. */
  readonly system: string;
  /** The controller's own, D0 to D3. */
  readonly device: string;
}

const unknownState = 0x2a;

/** @throws BothyError `SHORT_FRAME` */
export function decodeAcpiState(data: Buffer, source = "ACPI state"): AcpiState {
  const [system = 0, device = 0] = atLeast(data, 2, source, "ACPI power state");
  const name = (states: Readonly<Record<number, string>>, code: number): string =>
    states[code] ?? (code === unknownState ? "unknown" : `unknown (${hex(code)})`);
  return { system: name(systemStates, system & 0x7f), device: name(deviceStates, device & 0x7f) };
}

/** IPMI v2.0 §20.7. */
export const getAcpiState = (requester: Requester, options?: AskOptions): Promise<AcpiState> =>
  ask(requester, { netFn: 0x06, command: 0x07 }, decodeAcpiState, options);

/** What a controller does with messages and events. IPMI v2.0 §22.2. */
export interface GlobalEnables {
  readonly receiveInterrupt: boolean;
  readonly eventBufferInterrupt: boolean;
  readonly eventBuffer: boolean;
  /** Whether events are written to the event log. */
  readonly eventLog: boolean;
  readonly oem: readonly [boolean, boolean, boolean];
}

/** @throws BothyError `SHORT_FRAME` */
export function decodeGlobalEnables(data: Buffer, source = "global enables"): GlobalEnables {
  const [byte] = atLeast(data, 1, source, "global enables");
  return {
    receiveInterrupt: bit(byte, 0),
    eventBufferInterrupt: bit(byte, 1),
    eventBuffer: bit(byte, 2),
    eventLog: bit(byte, 3),
    oem: [bit(byte, 5), bit(byte, 6), bit(byte, 7)],
  };
}

export const getGlobalEnables = (requester: Requester, options?: AskOptions): Promise<GlobalEnables> =>
  ask(requester, { netFn: 0x06, command: 0x2f }, decodeGlobalEnables, options);
