import type { KeyObject } from "node:crypto";
import { type Clock, type Millis, seconds } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import type { Log } from "../../../devices/plugin.ts";
import { type CipherSuite, cipherSuite, safeSuites } from "./cipher-suites.ts";
import { longestPassword15 } from "./ipmi15.ts";
import { secretKey } from "./keys.ts";
import { longestSecret, longestUser } from "./rakp.ts";
import { rmcpPort } from "./rmcp.ts";
import type { IpmiSocket } from "./socket.ts";

/** IPMI v2.0 table 6-6. */
export const privilegeLevels = { callback: 1, user: 2, operator: 3, administrator: 4 } as const;
export type PrivilegeLevel = Exclude<keyof typeof privilegeLevels, "callback">;

/** Gives so many bytes nobody can guess. */
export type Random = (size: number) => Buffer;

/** What some BMCs need; see the table of quirks for which. */
export interface LanQuirks {
  /** Does not know the look-up by name alone: bit 4 of the role byte stays clear. */
  readonly noNameOnly?: boolean;
  /** Hashes the level without the name-only bit into RAKP 3. */
  readonly rakp3LevelOnly?: boolean;
  /** Says nothing to the format of IPMI v1.5: a session is opened without asking for capabilities first. */
  readonly skipCapabilities?: boolean;
}

export interface BmcOptions {
  /** For messages. Default: the host, and the port when it is not 623. */
  readonly name?: string;
  /** A name, looked up anew for every session, or an address; IPv6 with or without brackets. */
  readonly host: string;
  /** Default 623. */
  readonly port?: number;
  /** At most 16 bytes; empty for the user without a name. */
  readonly user: string;
  /** At most 20 bytes, 16 for version 1.5. */
  readonly password: string | Uint8Array;
  /** K_G, the BMC's own key, of two-key logins: at most 20 bytes. Absent, or only zeros: it has none. */
  readonly kg?: string | Uint8Array;
  /** Version 1.5 (MD5, no encryption) only for hardware that knows no better. Default "2.0". */
  readonly version?: "2.0" | "1.5";
  /** Numbers of cipher suites, tried in this order. Default 17, 3: no other one is used unless it is named here. */
  readonly suites?: readonly number[];
  /** With suite 0 whoever reaches the BMC is in, with any password. Must be said besides naming it. */
  readonly allowUnauthenticated?: boolean;
  /** What the session may do. "highest": administrator, or as much as the account may. Default "highest". */
  readonly privilege?: PrivilegeLevel | "highest";
  readonly quirks?: LanQuirks;
  /** How many requests may be under way at most, 1..16; how many really are is learnt. Default 4. */
  readonly window?: number;
  /** The least time from one request to the next. Default 0 ms. */
  readonly spacing?: Millis;
  /** How long the first try waits for an answer; the second twice as long, and so on. Default 1 s. */
  readonly timeout?: Millis;
  /** How often a request is sent before it counts as unanswered, 1..10. Default 4. */
  readonly tries?: number;
  /** How long a request may wait for its answer in all, through lost sessions and new ones. Default 20 s. */
  readonly patience?: Millis;
  /** A session on which nothing went for this long is used once, so that it lives. 0: never. Default 20 s. */
  readonly keepAlive?: Millis;
}

/** What a client needs besides. */
export interface BmcDeps {
  readonly clock: Clock;
  readonly socket: IpmiSocket;
  readonly log?: Log;
  /** Default: node:crypto. Session ids, random numbers, initialisation vectors. */
  readonly random?: Random;
}

/** How to get in: options that were checked, secrets as keys. */
export interface Login {
  readonly name: string;
  readonly version: "2.0" | "1.5";
  readonly user: Buffer;
  readonly password: KeyObject;
  /** For version 1.5, which uses it as it is. */
  readonly plainPassword: Buffer;
  /** K_G, or the password where there is none. */
  readonly key: KeyObject;
  readonly hasKey: boolean;
  readonly suites: readonly CipherSuite[];
  /** Tried in this order. */
  readonly levels: readonly number[];
  readonly quirks: LanQuirks;
  readonly timeout: Millis;
  readonly tries: number;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly login: Login;
  readonly window: number;
  readonly spacing: Millis;
  readonly patience: Millis;
  readonly keepAlive: Millis;
}

export const widestWindow = 16;

/** Checks options and fills in what is not given. @throws BothyError `BAD_CONFIG`, which never repeats a secret */
export function settingsOf(options: BmcOptions): Settings {
  const port = options.port ?? rmcpPort;
  const name = options.name ?? (port === rmcpPort ? options.host : `${options.host}:${port}`);
  const within = (what: string, value: number, least: number, most: number): number => {
    if (value >= least && value <= most) return value;
    throw badConfig(name, `${what} ${value} is not ${least}..${most}`);
  };
  if (options.host === "") throw badConfig(name, "the host is empty: name the BMC's address");
  return {
    host: options.host,
    port: within("port", port, 1, 65_535),
    login: loginOf(name, options, {
      timeout: within("timeout", options.timeout ?? seconds(1), 1, seconds(60)),
      tries: within("tries", options.tries ?? 4, 1, 10),
    }),
    window: Math.floor(within("window", options.window ?? 4, 1, widestWindow)),
    spacing: within("spacing", options.spacing ?? 0, 0, seconds(60)),
    patience: within("patience", options.patience ?? seconds(20), 1, Infinity),
    keepAlive: within("keepAlive", options.keepAlive ?? seconds(20), 0, Infinity),
  };
}

function loginOf(name: string, options: BmcOptions, pace: Pick<Login, "timeout" | "tries">): Login {
  const version = options.version ?? "2.0";
  const user = Buffer.from(options.user);
  if (user.length > longestUser) {
    throw badConfig(name, `user names have at most ${longestUser} bytes; this one has ${user.length}`);
  }
  const longest = version === "1.5" ? longestPassword15 : longestSecret;
  const plainPassword = secretOf(name, "password", options.password, longest);
  const kg = secretOf(name, "K_G", options.kg ?? "", longestSecret);
  const hasKey = kg.some((byte) => byte !== 0);
  const password = secretKey(plainPassword);
  const privilege = options.privilege ?? "highest";
  return {
    ...{ name, version, user, plainPassword, password, hasKey, ...pace },
    key: hasKey ? secretKey(kg) : password,
    suites: suitesOf(name, options),
    levels: privilege === "highest" ? [4, 3, 2] : [privilegeLevels[privilege]],
    quirks: options.quirks ?? {},
  };
}

function secretOf(name: string, what: string, secret: string | Uint8Array, longest: number): Buffer {
  const bytes = typeof secret === "string" ? Buffer.from(secret, "utf8") : Buffer.from(secret);
  if (bytes.length <= longest) return bytes;
  throw badConfig(
    name,
    `the ${what} has ${bytes.length} bytes, IPMI takes ${longest} at most: set a shorter one on the BMC and here`,
  );
}

function suitesOf(name: string, options: BmcOptions): readonly CipherSuite[] {
  const ids = options.suites ?? safeSuites;
  if (ids.length === 0) throw badConfig(name, "no cipher suite is left: name one, or leave `suites` out");
  return ids.map((id) => {
    const suite = cipherSuite(id);
    if (suite === undefined) {
      throw badConfig(name, `cipher suite ${id} is not known here: use 17 or 3 (1, 2, 15, 16 protect less)`);
    }
    if (id === 0 && options.allowUnauthenticated !== true) {
      throw badConfig(
        name,
        "cipher suite 0 lets everybody in with any password: use another one, or set allowUnauthenticated",
      );
    }
    return suite;
  });
}

const badConfig = (source: string, fault: string): BothyError =>
  new BothyError("BAD_CONFIG", { source, fault });
