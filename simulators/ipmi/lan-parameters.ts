import { isIPv4 } from "node:net";

/** Configuration of the LAN channel. IPMI v2.0 §23, table 23-4. */
export interface LanParameters {
  /** @returns undefined for a parameter, or a set of it, that does not exist */
  get(parameter: number, set: number): Buffer | undefined;
  /** @returns completion code */
  set(parameter: number, data: Buffer): number;
  /** Where alerts go: destination 1..4, its address, and whether it has to acknowledge. */
  destination(number: number): Destination | undefined;
  readonly community: string;
  /** The address it was given from outside. */
  place(address: string): void;
}

export interface Destination {
  readonly address: string;
  readonly acknowledge: boolean;
  /** s */
  readonly timeout: number;
  readonly retries: number;
}

const unknown = 0x80;
const inProgress = 0x81;
const readOnly = 0x82;
const wrongLength = 0xc7;
const destinations = 4;
const bySet = [18, 19];

export interface LanParameterOptions {
  readonly mac: readonly number[];
  readonly suites: readonly number[];
}

export function createLanParameters(options: LanParameterOptions): LanParameters {
  const listed = options.suites.filter((id) => id !== 0);
  const ids = Buffer.alloc(17);
  ids.set(listed.slice(0, 16), 1);
  const levels = Buffer.alloc(9);
  listed.forEach((_, i) =>
    levels.writeUInt8(levels.readUInt8(1 + (i >> 1)) | (4 << (4 * (i & 1))), 1 + (i >> 1)),
  );
  const community = Buffer.alloc(18);
  community.write("public", "latin1");
  const values = new Map<number, Buffer>(
    Object.entries<readonly number[] | Buffer>({
      0: [0],
      1: [0x04],
      2: [0x04, 0x04, 0x04, 0x04, 0x00],
      3: [127, 0, 0, 1],
      4: [1],
      5: options.mac,
      6: [255, 0, 0, 0],
      7: [0x40, 0x40, 0x10],
      8: [0x6f, 0x02],
      10: [0x02],
      11: [0x04],
      12: [0, 0, 0, 0],
      13: [0, 0, 0, 0, 0, 0],
      14: [0, 0, 0, 0],
      15: [0, 0, 0, 0, 0, 0],
      16: community,
      17: [destinations],
      20: [0, 0],
      21: [0],
      22: [listed.length],
      23: ids,
      24: levels,
    }).map(([parameter, value]) => [Number(parameter), Buffer.from(value)]),
  );
  const sets = new Map<number, Buffer[]>([
    [18, Array.from({ length: destinations + 1 }, (_, n) => Buffer.from([n, 0, 3, 3]))],
    [19, Array.from({ length: destinations + 1 }, (_, n) => Buffer.from([n, ...new Uint8Array(12)]))],
  ]);
  const fixed = [1, 5, 17, 22, 23];

  const setProgress = ([state = 0]: Buffer): number => {
    const busy = values.get(0)?.[0] === 1;
    if (state === 2) return unknown; // nothing is kept back until a commit
    if (state === 1 && busy) return inProgress;
    values.set(0, Buffer.from([state]));
    return 0;
  };
  return {
    get(parameter, set) {
      return bySet.includes(parameter) ? sets.get(parameter)?.[set] : values.get(parameter);
    },
    set(parameter, data) {
      const list = sets.get(parameter);
      const old = list?.[data[0] ?? 0] ?? values.get(parameter);
      if (old === undefined) return unknown;
      if (fixed.includes(parameter)) return readOnly;
      if (data.length !== old.length) return wrongLength;
      if (parameter === 0) return setProgress(data);
      if (list !== undefined) list[data[0] ?? 0] = Buffer.from(data);
      else values.set(parameter, Buffer.from(data));
      return 0;
    },
    destination(number) {
      const [kind, place] = [sets.get(18)?.[number], sets.get(19)?.[number]];
      if (kind === undefined || place === undefined || (kind.readUInt8(1) & 0x07) !== 0) return undefined;
      const address = [...place.subarray(3, 7)].join(".");
      if (address === "0.0.0.0") return undefined;
      return {
        address,
        acknowledge: (kind.readUInt8(1) & 0x80) !== 0,
        timeout: kind.readUInt8(2) || 3,
        retries: kind.readUInt8(3) & 0x07,
      };
    },
    get community() {
      const text = values.get(16)?.toString("latin1") ?? "";
      return text.replace(/\0.*$/s, "");
    },
    place(address) {
      if (isIPv4(address)) values.set(3, Buffer.from(address.split(".").map(Number)));
    },
  };
}
