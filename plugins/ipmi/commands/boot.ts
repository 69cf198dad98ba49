import { ask, type AskOptions, atLeast, bit, nothing, within } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** Where the machine boots from. IPMI v2.0 table 28-14, parameter 5. */
export const bootDevices = {
  none: 0,
  pxe: 1,
  disk: 2,
  "disk-safe-mode": 3,
  diagnostic: 4,
  cd: 5,
  "bios-setup": 6,
  "remote-floppy": 7,
  "remote-cd": 8,
  "remote-media": 9,
  "remote-disk": 11,
  floppy: 15,
} as const;
export type BootDevice = keyof typeof bootDevices;

/** What is to be booted, and how. */
export interface BootFlags {
  readonly device: BootDevice;
  /** For every boot, not only the next. Default false. */
  readonly persistent?: boolean;
  /** By EFI, not the legacy way. Default false. */
  readonly efi?: boolean;
  readonly clearCmos?: boolean;
  readonly lockKeyboard?: boolean;
  readonly blankScreen?: boolean;
  readonly lockReset?: boolean;
  /** Which one, when there are several of that device: 0 any, 1..15 internal, 16..31 external. Default 0. */
  readonly instance?: number;
}

/** What the controller holds. A `device` of number n that has no name is `unknown (n)`. */
export interface BootSettings extends Omit<Required<BootFlags>, "device"> {
  readonly device: BootDevice | `unknown (${number})`;
  /** Whether the next boot heeds them. Lapses after 60 s, and after a boot unless persistent. */
  readonly valid: boolean;
  /** The parameter itself is marked as not to be relied upon. */
  readonly locked: boolean;
}

/** IPMI v2.0 §28.12: a parameter and its data. `invalid` marks it as not to be relied upon. */
export const encodeSetBootOption = (
  parameter: number,
  data: readonly number[],
  invalid = false,
): IpmiRequest => ({
  netFn: 0x00,
  command: 0x08,
  data: Uint8Array.of((invalid ? 0x80 : 0) | parameter, ...data),
});

/** IPMI v2.0 §28.13. */
export const encodeGetBootOption = (parameter: number, set = 0, block = 0): IpmiRequest => ({
  netFn: 0x00,
  command: 0x09,
  data: Uint8Array.of(parameter, set, block),
});

/** The five bytes of parameter 5, marked valid. @throws BothyError `OUT_OF_RANGE` */
export function encodeBootFlags(flags: BootFlags): readonly number[] {
  const { persistent = false, efi = false, clearCmos = false, lockKeyboard = false } = flags;
  const { blankScreen = false, lockReset = false, instance = 0 } = flags;
  return [
    0x80 | (Number(persistent) << 6) | (Number(efi) << 5),
    (Number(clearCmos) << 7) |
      (Number(lockKeyboard) << 6) |
      (bootDevices[flags.device] << 2) |
      (Number(blankScreen) << 1) |
      Number(lockReset),
    0,
    0,
    within("boot device instance", instance, 0, 31),
  ];
}

/** @throws BothyError `SHORT_FRAME`. Some controllers append bytes: they are ignored. */
export function decodeBootFlags(data: Buffer, source = "boot flags"): BootSettings {
  const { locked, data: flags } = decodeBootOption(data, source);
  const [first = 0, second = 0, , , instance = 0] = atLeast(flags, 2, source, "boot flags");
  const number = (second >> 2) & 0x0f;
  const named = Object.entries(bootDevices).find(([, code]) => code === number)?.[0] as
    BootDevice | undefined;
  return {
    device: named ?? `unknown (${number})`,
    valid: bit(first, 7),
    persistent: bit(first, 6),
    efi: bit(first, 5),
    clearCmos: bit(second, 7),
    lockKeyboard: bit(second, 6),
    blankScreen: bit(second, 1),
    lockReset: bit(second, 0),
    instance: instance & 0x1f,
    locked,
  };
}

/** Any boot option: whether it is marked invalid, and its data. @throws BothyError `SHORT_FRAME` */
export function decodeBootOption(
  data: Buffer,
  source = "boot option",
): { readonly parameter: number; readonly locked: boolean; readonly data: Buffer } {
  const parameter = atLeast(data, 2, source, "boot option").readUInt8(1);
  return { parameter: parameter & 0x7f, locked: bit(parameter, 7), data: data.subarray(2) };
}

export const getBootFlags = (requester: Requester, options?: AskOptions): Promise<BootSettings> =>
  ask(requester, encodeGetBootOption(5), decodeBootFlags, options);

/**
 * Chooses where the next boot goes. IPMI v2.0 §28.12: announces it, acknowledges the last one on the firmware's behalf,
 * sets, commits. What only announces is often refused; that is no fault. Another setter that is under way (81h) is not
 * waited for: one that died there would block it for ever.
 * @throws BothyError when the flags themselves are refused
 */
export async function setBootFlags(
  requester: Requester,
  flags: BootFlags,
  options: AskOptions = {},
): Promise<void> {
  const set = (parameter: number, ...data: number[]): Promise<void> =>
    ask(requester, encodeSetBootOption(parameter, data), nothing, options);
  const announced = await tolerated(set(0, 1));
  try {
    await tolerated(set(4, 1, 1));
    await set(5, ...encodeBootFlags(flags));
    if (announced) await tolerated(set(0, 2));
  } finally {
    if (announced) await tolerated(set(0, 0));
  }
}

/** Whether it was done; a completion code other than 00h means no, and everything else is thrown. */
async function tolerated(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (completionOf(thrown) === undefined) throw thrown;
    return false;
  }
}

/** When the flags stop being valid though no boot heeded them. IPMI v2.0 table 28-14, parameter 3. */
export interface BootValidity {
  readonly keepOnPowerButton: boolean;
  readonly keepOnReset: boolean;
  readonly keepOnWatchdog: boolean;
  /** Not after 60 s without a chassis control command either. */
  readonly keepAfterTimeout: boolean;
  readonly keepOnEventFilter: boolean;
}

/** @throws BothyError `UNSUPPORTED`, `REFUSED` (80h) where it cannot be chosen */
export const setBootValidity = (
  requester: Requester,
  keep: BootValidity,
  options?: AskOptions,
): Promise<void> => {
  const bits = [
    keep.keepOnPowerButton,
    keep.keepOnReset,
    keep.keepOnWatchdog,
    keep.keepAfterTimeout,
    keep.keepOnEventFilter,
  ];
  const byte = bits.reduce((sum, on, n) => sum | (Number(on) << n), 0);
  return ask(requester, encodeSetBootOption(3, [byte]), nothing, options);
};

/** @throws BothyError `SHORT_FRAME` */
export function decodeBootValidity(data: Buffer, source = "boot option"): BootValidity {
  const [byte] = atLeast(decodeBootOption(data, source).data, 1, source, "boot option 3");
  return {
    keepOnPowerButton: bit(byte, 0),
    keepOnReset: bit(byte, 1),
    keepOnWatchdog: bit(byte, 2),
    keepAfterTimeout: bit(byte, 3),
    keepOnEventFilter: bit(byte, 4),
  };
}

export const getBootValidity = (requester: Requester, options?: AskOptions): Promise<BootValidity> =>
  ask(requester, encodeGetBootOption(3), decodeBootValidity, options);

/** Says no boot flags are in force any more. @throws BothyError */
export const clearBootFlags = async (requester: Requester, options?: AskOptions): Promise<void> => {
  await ask(requester, encodeSetBootOption(5, [0, 0, 0, 0, 0]), nothing, options);
};

/** Whether the controller knows an option at all: false for 80h. @throws BothyError for all else */
export async function knowsBootOption(
  requester: Requester,
  parameter: number,
  options?: AskOptions,
): Promise<boolean> {
  try {
    await ask(requester, encodeGetBootOption(parameter), decodeBootOption, options);
    return true;
  } catch (thrown) {
    if (completionOf(thrown) === 0x80) return false;
    throw thrown;
  }
}
