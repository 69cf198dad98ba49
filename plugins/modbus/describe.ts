import { answerSize } from "./answer.ts";
import { exceptionName } from "./exception.ts";
import { exceptionBit, functions } from "./pdu.ts";

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;

const names: Readonly<Record<number, string>> = {
  [functions.coil]: "read coil",
  [functions.discrete]: "read discrete",
  [functions.holding]: "read holding",
  [functions.input]: "read input",
  [functions.writeCoil]: "write coil",
  [functions.writeRegister]: "write register",
  [functions.diagnose]: "echo",
  [functions.writeCoils]: "write coils",
  [functions.writeRegisters]: "write registers",
  [functions.mask]: "mask register",
  [functions.readWrite]: "read and write",
  [functions.identify]: "identify",
};

const nameOf = (fn: number): string => names[fn] ?? `function ${fn}`;
const whom = (unit: number): string => (unit === 0 ? "all units" : `unit ${unit}`);

function words(pdu: Uint8Array, from: number, to: number): string {
  const list: string[] = [];
  for (let at = from; at + 1 < to; at += 2) list.push(String(word(pdu, at)));
  return list.length > 8 ? `${list.slice(0, 8).join(" ")} … (${list.length})` : list.join(" ");
}

/** A request for people, e.g. `unit 3 read holding 0x0000 ×8`. Never throws, whatever the bytes. */
export function describeRequest(unit: number, pdu: Uint8Array): string {
  const fn = pdu[0] ?? 0;
  const what = `${whom(unit)} ${nameOf(fn)}`;
  const address = hex(word(pdu, 1));
  switch (fn) {
    case functions.coil:
    case functions.discrete:
    case functions.holding:
    case functions.input:
      return `${what} ${address} ×${word(pdu, 3)}`;
    case functions.writeCoil:
      return `${what} ${address} ${pdu[3] === 0xff ? "on" : "off"}`;
    case functions.writeRegister:
      return `${what} ${address} = ${word(pdu, 3)}`;
    case functions.writeCoils:
      return `${what} ${address} ×${word(pdu, 3)}`;
    case functions.writeRegisters:
      return `${what} ${address} ×${word(pdu, 3)} = ${words(pdu, 6, pdu.length)}`;
    case functions.mask:
      return `${what} ${address} and ${hex(word(pdu, 3))} or ${hex(word(pdu, 5))}`;
    case functions.readWrite:
      return `${what} ${address} ×${word(pdu, 3)}, ${hex(word(pdu, 5))} = ${words(pdu, 10, pdu.length)}`;
    case functions.identify:
      return `${what} level ${pdu[2] ?? 0} object ${pdu[3] ?? 0}`;
    case functions.diagnose:
      return `${what} ${hex(word(pdu, 3))}`;
    default:
      return `${what}, ${pdu.length} bytes`;
  }
}

/** An answer for people, e.g. `unit 3 holding: 215 480` or `unit 3 exception 2, illegal data address`. Never throws. */
export function describeAnswer(unit: number, pdu: Uint8Array): string {
  const fn = pdu[0] ?? 0;
  const who = whom(unit);
  if (fn > exceptionBit) {
    const code = pdu[1] ?? 0;
    return `${who} ${nameOf(fn & 0x7f)}: exception ${code}, ${exceptionName(code)}`;
  }
  switch (fn) {
    case functions.coil:
    case functions.discrete: {
      const bytes = [...pdu.subarray(2, 10)].map((byte) => byte.toString(2).padStart(8, "0"));
      return `${who} ${nameOf(fn)}: ${bytes.join(" ")}${pdu.length > 10 ? " …" : ""}`;
    }
    case functions.holding:
    case functions.input:
    case functions.readWrite:
      return `${who} ${nameOf(fn)}: ${words(pdu, 2, pdu.length)}`;
    case functions.writeCoil:
    case functions.writeRegister:
    case functions.mask:
    case functions.diagnose:
      return `${describeRequest(unit, pdu)}: done`;
    case functions.writeCoils:
    case functions.writeRegisters:
      return `${who} ${nameOf(fn)} ${hex(word(pdu, 1))} ×${word(pdu, 3)}: done`;
    case functions.identify:
      return `${who} identity: ${identityTexts(pdu).join(", ")}`;
    default:
      return `${who} ${nameOf(fn)}, ${pdu.length} bytes`;
  }
}

function identityTexts(pdu: Uint8Array): string[] {
  if (answerSize(pdu) === undefined) return [];
  const texts: string[] = [];
  let at = 7;
  for (let i = 0; i < (pdu[6] ?? 0); i++) {
    const size = pdu[at + 1] ?? 0;
    texts.push(JSON.stringify(Buffer.from(pdu.subarray(at + 2, at + 2 + size)).toString("latin1")));
    at += 2 + size;
  }
  return texts;
}
