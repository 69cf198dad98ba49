import type { QuirkName } from "./quirks.ts";

/**
 * What real controllers do otherwise than specified, and what is made of it. `always`: every controller is treated so,
 * as it harms none; `learnt`: tried, and remembered for the controller; `not supported`; else the quirk to configure.
 */
export interface Oddity {
  readonly what: string;
  readonly seen: string;
  readonly handled: "always" | "learnt" | "not supported" | QuirkName;
  readonly how: string;
}

type Row = readonly [what: string, seen: string, handled: Oddity["handled"], how: string];

const opening: readonly Row[] = [
  [
    "cipher suites only told in the format of IPMI 1.5",
    "OpenIPMI's ipmi_sim",
    "always",
    "both formats are tried, with a short wait",
  ],
  [
    "silent to the format of IPMI 1.5",
    "HP; Supermicro X11, H11, H12",
    "skip-capabilities",
    "found out too; the session is opened all the same",
  ],
  ["capability bits wrong", "Asus P5M2, Intel X38ML, Sun X4150", "always", "they are hints only"],
  ["refuses the bit that asks for 2.0 capabilities", "old BMCs of IPMI 1.5", "always", "asked again without"],
  [
    "mishandles level 0 in Open Session",
    "ipmi_sim, Sun ILOM, Supermicro X8, Dell C5220",
    "always",
    "the level is named, the same in RAKP 1",
  ],
  ["role of RAKP 3 hashed without the name-only bit", "early firmware", "rakp3-level-only", ""],
  ["look-up by name alone unknown", "Intel SE7520AF2", "no-name-only", ""],
  [
    "padded names, MD5 over 16 bytes, RAKP 4 by integrity algorithm",
    "Intel SE7520AF2",
    "not supported",
    "the session is not opened",
  ],
  [
    "integrity keyed by SIK instead of K1",
    "first firmware for 2.0",
    "not supported",
    "the session is not opened",
  ],
  ["RAKP 2 a byte longer", "old Supermicro, Sun", "always", "more than is needed is cut"],
  [
    "RAKP 4 with a value in suite 0",
    "Supermicro X8, Intel S5500",
    "always",
    "suite 0 is not used unless named",
  ],
  [
    "odd status for a disabled suite, or for one that is listed",
    "Intel M50CYP, S2600JF; Supermicro X8DTG; MSI",
    "always",
    "any refusal leads to the next suite",
  ],
  ["wrong tag bits in suite records", "Sun 4100", "always", "skipped up to the next record"],
  ["picks other algorithms than proposed", "pyghmi's server", "always", "refused"],
  [
    "takes suite 17 only, or knows none above 3",
    "OpenBMC, new Intel; old ones",
    "always",
    "17 is offered first, then 3",
  ],
  [
    "takes repeated handshake packets for new ones",
    "most",
    "always",
    "the handshake starts over with a new session id",
  ],
];

const talking: readonly Row[] = [
  ["a whole block of padding", "OpenBMC", "always", "accepted"],
  [
    "wrong checksums inside good packets",
    "Supermicro X9",
    "always",
    "accepted when the packet's own code was right",
  ],
  ["session id 0 in answers", "Tyan S2882", "not supported", "such packets are dropped"],
  ["sequence numbers that skip", "ASRock C224 on a shared port", "always", "a window of numbers is accepted"],
  [
    "IPMI 1.5: wrong byte order, numbers off by one, codes missing or wrong",
    "Sun ILOM, Intel mBMC, Xyratex, Quanta Winterfell",
    "not supported",
    "such packets are dropped",
  ],
  ["no answer to Close Session", "Intel Tiger 4", "always", "not waited for"],
  ["CFh for a repetition", "several", "always", "the answer to the first is waited for"],
  [
    "ends idle sessions early",
    "ipmi_sim, OpenBMC under load",
    "always",
    "a session is used at least every 20 s",
  ],
  [
    "loses requests when there are many",
    "many",
    "learnt",
    "how many may be under way; also: `one-at-a-time`, `slow`",
  ],
  [
    "silent while the host resets",
    "BMCs on a shared port",
    "always",
    "power actions look on until their limit",
  ],
];

const records: readonly Row[] = [
  [
    "reservations lost all the time",
    "busy BMCs",
    "always",
    "each record is tried again, after a random wait",
  ],
  [
    "too much asked for: CA, C8, CE, FF, or silence",
    "most",
    "learnt",
    "smaller pieces, remembered; also: `small-chunks`",
  ],
  ["FFh gives less than the record", "Xyratex", "always", "read on in pieces"],
  ["more bytes than the record", "HP DL585 G7, ipmi_sim", "always", "cut"],
  ["another record id than asked for", "Supermicro X6", "always", "the one asked for counts"],
  [
    "wrong record count, no end, circular lists",
    "Fujitsu, Inspur, Dell FC830",
    "always",
    "guards against loops; what is read before stays",
  ],
  ["type of log record unknown", "HP DL380 G5", "always", "shown as it is"],
  [
    "wrong generator in log records",
    "Supermicro H8QME",
    "always",
    "the sensor is found by number and type when only one has both",
  ],
  ["an event that is over reported as going high", "many", "always", "the direction bit decides"],
  ["reserving the log needs operator level", "Supermicro", "always", "it is read without a reservation"],
  ["wrong checksums of inventories", "Dell, Inventec", "always", "warnings; what is there is shown"],
  ["no inventory: C0, C1, C3, CB, CC, CE, FF", "various", "always", "all mean that there is none"],
  ["a text of one letter that looks like the end of the list", "various", "always", "the list ends there"],
];

const sensors: readonly Row[] = [
  ["wrong sensor owner", "Fujitsu RX300, HP DL140", "assume-bmc", ""],
  [
    "sensors that only send events in full and compact records",
    "various",
    "always",
    "CB or CD to a reading marks them",
  ],
  ["a number in a discrete sensor", "HP DL380 G7", "always", "given besides its states when it has a unit"],
  ["compact records with a number format", "various", "always", "ignored"],
  ["scanning always said to be off", "Dell 2900, R610; HP rx3600", "ignore-scanning", ""],
  [
    "state bytes missing, impossible states",
    "Dell 2950; Supermicro H8SGL, X9DRI",
    "always",
    "zeros; what the record does not list is left out",
  ],
  ["state bits set though nothing was crossed", "Intel S5000", "always", "compared with the thresholds"],
  ["a modifier without its unit", "Dell C6220", "always", "dropped"],
  ["absurd thresholds", "HP DL140", "always", "shown"],
];

const commands: readonly Row[] = [
  ["names longer or shorter than 16 bytes", "several", "always", "cut at the first NUL"],
  ["CCh for the name of an empty user slot", "Sun, Inventec", "always", "it has no name"],
  ["a password needed to enable a user", "Sun, Quanta", "always", "zeros are sent"],
  [
    "configuration set too fast gets lost",
    "Supermicro H8QME, Quanta S99Q",
    "slow-writes",
    "always read back",
  ],
  ["D4h whatever the level", "Wiwynn, MSI, Supermicro", "always", "that one thing is not available"],
  ["wrong maker id", "Supermicro X8 (47488)", "always", "named by exception"],
  ["GUIDs in another byte order", "many", "always", "given as it came, and in each reading"],
  ["watchdog data missing", "Supermicro", "always", "asked twice"],
  [
    "identify takes no second byte",
    "several",
    "learnt",
    "C7h, CCh: sent without it; also: `identify-without-force`",
  ],
  [
    "DCMI advertised and not there; C1h or CCh",
    "Inventec",
    "always",
    "sensors in watts are used; also: `no-dcmi`",
  ],
  ["boot flags with 12 more bytes", "HP DL380 G5", "always", "cut"],
  [
    "serial over LAN: wrong sizes, port, status",
    "many",
    "not supported",
    "serial over LAN is not spoken; its settings are shown",
  ],
  ["four bytes each for maker and product", "pyghmi's server", "always", "told by the length"],
];

export const oddities: readonly Oddity[] = [...opening, ...talking, ...records, ...sensors, ...commands].map(
  ([what, seen, handled, how]) => ({ what, seen, handled, how }),
);
