import type { Millis } from "../../devices/clock.ts";

/** What quirks change, in the options of whoever does it. What is not here is as usual. */
export interface QuirkEffects {
  /** How a session is opened and used. */
  readonly lan: {
    readonly skipCapabilities?: true;
    readonly noNameOnly?: true;
    readonly rakp3LevelOnly?: true;
    readonly window?: number;
    readonly spacing?: Millis;
  };
  /** How sensors are read. */
  readonly sensors: {
    readonly assumeBmc?: true;
    readonly ignoreScanning?: true;
  };
  /** How all else is asked. */
  readonly commands: {
    readonly identifyWithoutForce?: true;
    readonly dcmiAbsent?: true;
    /** The most bytes of an inventory to ask for at once. */
    readonly chunk?: number;
    /** Between two writes of LAN parameters. */
    readonly writePause?: Millis;
  };
}

/** Something that some controllers need, and that would harm others, or cost them time. */
export interface Quirk {
  /** What is done then. */
  readonly about: string;
  readonly seen: string;
  readonly effects: Partial<QuirkEffects>;
}

const all = {
  "skip-capabilities": {
    about: "opens a session at once, without first asking in the format of IPMI 1.5 what the BMC can do",
    seen: "HP; Supermicro X11, H11, H12: no answer to that format (learnt by itself, which costs the first session a few seconds)",
    effects: { lan: { skipCapabilities: true } },
  },
  "no-name-only": {
    about: "looks the user up by name and level together",
    seen: "Intel SE7520AF2",
    effects: { lan: { noNameOnly: true } },
  },
  "rakp3-level-only": {
    about: "leaves the bit for a look-up by name out of what is hashed into RAKP 3",
    seen: "early firmware for IPMI 2.0",
    effects: { lan: { rakp3LevelOnly: true } },
  },
  "one-at-a-time": {
    about: "never has more than one request under way",
    seen: "BMCs that answer wrongly, not only late, when there are several",
    effects: { lan: { window: 1 } },
  },
  slow: {
    about: "waits 50 ms from one request to the next",
    seen: "BMCs that lose requests under load",
    effects: { lan: { window: 1, spacing: 50 } },
  },
  "assume-bmc": {
    about: "takes every sensor for one of the BMC's own, whatever owner its record names",
    seen: "Fujitsu RX300, HP DL140",
    effects: { sensors: { assumeBmc: true } },
  },
  "ignore-scanning": {
    about: "believes readings though the BMC says the sensor is not scanned",
    seen: "Dell 2900, R610; HP rx3600",
    effects: { sensors: { ignoreScanning: true } },
  },
  "identify-without-force": {
    about: "lights the identify lamp for 255 s where it was to shine until called off",
    seen: "BMCs that take a second byte, and ignore it (those that refuse it are found out)",
    effects: { commands: { identifyWithoutForce: true } },
  },
  "no-dcmi": {
    about: "asks nothing by DCMI: power is what the sensors say",
    seen: "Inventec: advertised, and not there; firmware whose power reading is constant",
    effects: { commands: { dcmiAbsent: true } },
  },
  "small-chunks": {
    about: "reads inventories 16 bytes at a time from the start",
    seen: "BMCs that fall silent for long when asked for more (those that refuse are found out)",
    effects: { commands: { chunk: 16 } },
  },
  "slow-writes": {
    about: "waits a second after each LAN parameter it sets",
    seen: "Supermicro H8QME, Quanta S99Q: what is set too fast gets lost",
    effects: { commands: { writePause: 1000 } },
  },
} as const satisfies Readonly<Record<string, Quirk>>;

export type QuirkName = keyof typeof all;
export const quirks: Readonly<Record<QuirkName, Quirk>> = all;
export const quirkNames = Object.keys(all) as readonly QuirkName[];
export const isQuirkName = (name: string): name is QuirkName => Object.hasOwn(all, name);

/** Controllers of one kind, and what they need. Only what does no harm to those of the maker that do not need it. */
export interface BmcFamily {
  readonly name: string;
  readonly makers: readonly number[];
  /** Default: all of the maker's. */
  readonly products?: readonly number[];
  /** Firmware older than this, `MAJOR.MINOR`. Default: any. */
  readonly firmwareBefore?: readonly [major: number, minor: number];
  readonly quirks: readonly QuirkName[];
}

/** Enterprise numbers as in Get Device ID. */
export const families: readonly BmcFamily[] = [
  { name: "Hewlett-Packard", makers: [11, 47196], quirks: ["skip-capabilities"] },
  { name: "Supermicro", makers: [10876, 47488], quirks: ["slow-writes"] },
  { name: "Quanta", makers: [7244], quirks: ["slow-writes"] },
];

/** Who a controller is, as far as families are told apart. */
export interface BmcIdentity {
  readonly maker: number;
  readonly product: number;
  readonly firmwareMajor: number;
  readonly firmwareMinor: number;
}

/**
 * What a controller needs because of its family, without what the configuration says.
 * @param among default: the shipped table
 */
export const quirksOf = (
  identity: BmcIdentity,
  among: readonly BmcFamily[] = families,
): readonly QuirkName[] => [
  ...new Set(among.filter((family) => belongs(identity, family)).flatMap((family) => family.quirks)),
];

function belongs(identity: BmcIdentity, { makers, products, firmwareBefore }: BmcFamily): boolean {
  if (!makers.includes(identity.maker)) return false;
  if (products?.includes(identity.product) === false) return false;
  if (firmwareBefore === undefined) return true;
  const [major, minor] = firmwareBefore;
  const { firmwareMajor, firmwareMinor } = identity;
  return firmwareMajor < major || (firmwareMajor === major && firmwareMinor < minor);
}

/** Everything a set of quirks changes. Names that are none are left out: `isQuirkName` tells them. */
export function effectsOf(names: readonly string[]): QuirkEffects {
  const found = names.filter(isQuirkName).map((name) => quirks[name].effects);
  return {
    lan: Object.assign({}, ...found.map(({ lan }) => lan)) as QuirkEffects["lan"],
    sensors: Object.assign({}, ...found.map(({ sensors }) => sensors)) as QuirkEffects["sensors"],
    commands: Object.assign({}, ...found.map(({ commands }) => commands)) as QuirkEffects["commands"],
  };
}
