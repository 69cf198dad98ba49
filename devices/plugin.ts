import type { TSchema } from "typebox";
import type { Clock, Instant, Millis } from "./clock.ts";
import type { Action, Device } from "./device.ts";
import type { BothyError } from "./errors.ts";
import type { Reading, Value } from "./reading.ts";
import type { DeviceId, ValueId } from "./value-id.ts";

/** Where a value stands in a configuration document: keys and list positions from the root. */
export type Path = readonly (string | number)[];

/** Something wrong in a configuration: where, what, and what to do about it. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
  /** Other places that may be the cause: when something was wrong at one of them, this is not told. */
  readonly unless?: readonly Path[];
}

/** A piece of configuration and where it came from, so that faults can name the place. */
export interface Sourced<T> {
  readonly path: Path;
  readonly config: T;
}

export interface PluginMeta {
  /**
   * Whether its id, and so those of its devices, is the same at every site, as those of Synse's own plugins are.
   * Default: the site's id enters it.
   */
  readonly everywhere?: boolean;
  readonly maintainer: string;
  readonly name: string;
  readonly description: string;
  readonly vcs: string;
  readonly version: string;
}

/** Everything a configuration says about one link, already valid against the plugin's schemas. */
export interface LinkConfig<L, D, P> {
  readonly site: { readonly id: string; readonly tags: readonly string[] };
  readonly name: string;
  readonly link: Sourced<L>;
  readonly devices: readonly Sourced<D>[];
  /** Products described in the configuration itself; they go before the shipped ones of the same name. */
  readonly products: readonly Sourced<P>[];
  /** The environment it was read in, for plugins whose configuration refers to it in a manner of its own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Given when files the configuration names are to be looked at too, by `bothy check`; a site that starts finds out when
   * it needs them. Throws what `readFileSync` throws.
   */
  readonly readFile?: (file: string) => Uint8Array;
}

/** What a link would be: its devices, and all that is wrong with it. Any fault stops the start. */
export interface LinkPlan {
  readonly name: string;
  readonly devices: readonly Device[];
  /** Whose devices are only known once it is open, for people: `5 BMCs`. */
  readonly later?: string;
  readonly faults: readonly Fault[];
  /** Joins the plan to hardware. Only called when there are no faults. */
  open(deps: LinkDeps): Promise<Connection>;
}

/**
 * What is kept for a link while it is closed and opened again, and from one run of the program to the next: learnt facts,
 * caches. JSON values only, not changed after they were given away.
 */
export interface LinkMemory {
  /** Perhaps of another version of the program, of hardware since replaced, or damaged: looked at before it is trusted. */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

export interface LinkDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LinkMemory;
  readonly signal: AbortSignal;
  /**
   * Declares the devices that were found on the link, in place of those found before; those of the plan stay. What is
   * found stays known while the link is down. The connection's polls are looked at again.
   * @throws BothyError `BAD_CONFIG` when an id or alias is taken: then nothing has changed
   */
  found(devices: readonly Device[]): void;
  /** Takes in readings that came unasked. Those of other links' devices are dropped. */
  publish(readings: readonly Reading[]): void;
  /**
   * Opens links below this one, each with its own connection, back-off and devices; one that was there before, by its
   * name, goes on, and one that is missing now is closed and forgotten. They live as long as this link, whether it is
   * open or not. Their names begin with this link's and a colon.
   */
  branches(plans: readonly LinkPlan[]): void;
  /** Says who is at the other end when that is a plugin of its own, and how it is; as often as that changes. */
  remote(plugin: RemotePlugin): void;
}

/** A plugin that runs outside this process, as it describes itself. Synse v3 §1.4. */
export interface RemotePlugin {
  readonly id: string;
  readonly name: string;
  readonly maintainer: string;
  /** `maintainer/name` as it writes it. */
  readonly tag: string;
  readonly description: string;
  readonly vcs: string;
  readonly network: { readonly address: string; readonly protocol: "tcp" | "unix" };
  readonly version: Readonly<
    Record<"plugin_version" | "sdk_version" | "build_date" | "git_commit" | "git_tag" | "arch" | "os", string>
  >;
  readonly health: RemoteHealth;
}

type HealthWord = "UNKNOWN" | "OK" | "FAILING";

export interface RemoteHealth {
  readonly status: HealthWord;
  /** When it was asked. */
  readonly at: Instant;
  readonly checks: readonly {
    readonly name: string;
    readonly status: HealthWord;
    readonly message: string;
    /** As it wrote it; empty before the first run. */
    readonly timestamp: string;
    readonly type: string;
  }[];
}

/** The part of a structured logger that everything below the server uses. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * A protocol. One folder, one line in plugins/index.ts.
 * `L`, `D` and `P` are the configuration of a link, of a device on it, and of a product.
 */
export interface Plugin<L = unknown, D = unknown, P = unknown> {
  /** As in `plugin: modbus` of a configuration; also the folder's name. */
  readonly name: string;
  readonly meta: PluginMeta;
  /** Whether its links lead to plugins of their own, which are listed in its place. */
  readonly remote?: boolean;
  /** Sources of the types, the checks, the JSON Schema and the documentation tables. No `product`: it knows none. */
  readonly schema: { readonly link: TSchema; readonly device: TSchema; readonly product?: TSchema };
  /** Pure: expands a configuration to devices. Opens nothing, throws nothing. */
  plan(config: LinkConfig<L, D, P>): LinkPlan;
}

/** How urgent a conversation is; smaller goes first, at the next frame boundary. */
export const priority = { write: 0, control: 1, poll: 2, background: 3 } as const;
export type Priority = (typeof priority)[keyof typeof priority];

/** A set of values that are read together, every `period`. */
export interface Poll {
  /** Unique on its connection and the same after every re-opening. */
  readonly id: string;
  /** Who is asked, for back-off and messages: polls of one silent unit wait together. Empty: nobody, it is local. */
  readonly unit: string;
  /** Everything one run answers for. */
  readonly values: readonly ValueId[];
  readonly period: Millis;
  readonly priority: Priority;
  /** How old its readings may become before they count no longer. Default: three periods and five seconds. */
  readonly maxAge?: Millis;
}

export interface ReadOptions {
  /** On `Clock.monotonic`: when the answer is due; the earlier goes first among equal priorities. */
  readonly deadline: Millis;
  readonly priority: Priority;
  readonly signal: AbortSignal;
}

/** A command for hardware: an action with its data already checked and converted. */
export interface Command {
  readonly device: DeviceId;
  readonly action: Action;
  /** Absent for actions that take nothing. */
  readonly value?: Value;
  /**
   * The id of the transaction it belongs to, for protocols that know such ids. Given once: a command that is sent again
   * has none.
   */
  readonly transaction?: string;
  /** Protection of lives or equipment wants it: nothing that spares hardware holds it back. */
  readonly urgent?: boolean;
}

/** A link while it is open. */
export interface Connection {
  /** What can be read, grouped the way the protocol reads it best. The same until `LinkDeps.found` is called. */
  readonly polls: readonly Poll[];
  /**
   * Reads a poll's values from hardware. Values that could not be read are `bad` readings.
   * Several reads may be under way at once; the connection orders them by priority and deadline.
   * @throws BothyError when the poll failed as a whole
   */
  read(poll: Poll, options: ReadOptions): Promise<readonly Reading[]>;
  /**
   * Sends a command, then reads back what it shows. Absent when nothing on this link takes writes.
   * Goes before every poll. Not repeated by itself unless sending it twice is the same as once.
   * @param superseded aborts when something newer is in force: what has not been sent by then never is. Only those that
   * take several steps need to look at it
   * @returns the readings read back: at least `action.shows` when the action has it
   * @throws BothyError
   */
  write?(command: Command, signal: AbortSignal, superseded?: AbortSignal): Promise<readonly Reading[]>;
  /** Settles when the connection is gone: with the reason, or undefined after `close()`. */
  readonly closed: Promise<BothyError | undefined>;
  /** Ends it; pending reads and writes reject with `STOPPED`. May be called any number of times. */
  close(): Promise<void>;
  /** Looks anew for what is there and declares it, because somebody asks. @throws BothyError */
  refresh?(): Promise<void>;
  /** A snapshot for `GET /api/buses`: plain JSON, for people. */
  report?(): object;
  /** Calls `listener` with every frame that crosses the line, until the returned function is called. */
  tap?(listener: (frame: TappedFrame) => void): () => void;
  /** Asks each address in turn, at background priority, who is there. Ends early when aborted. */
  scan?(options: ScanOptions, signal: AbortSignal): AsyncIterable<ScanResult>;
}

/** One frame seen on a line. Plain JSON. */
export interface TappedFrame {
  /** `now()` when its last byte was seen. */
  readonly at: Instant;
  readonly direction: "sent" | "received";
  /** Lower-case hexadecimal, no spaces. */
  readonly hex: string;
  /** Decoded for people, e.g. `unit 3 read holding 0x0000 ×8`. */
  readonly text: string;
  /** Milliseconds since the previous frame on this line ended. */
  readonly gap: Millis;
  /** For answers: milliseconds since the request was sent. */
  readonly took?: Millis;
  /** What is wrong with it, if anything. */
  readonly fault?: string;
}

export interface ScanOptions {
  readonly from: number;
  readonly to: number;
}

/** One address of a scan. */
export interface ScanResult {
  readonly address: number;
  readonly answered: boolean;
  readonly took?: Millis;
  /** What it said of itself: identification, or the exception it answered with. */
  readonly identity?: string;
}

/** For whoever opens a link without a site around it: nobody cares for what is found or comes unasked. */
export const noSite: Pick<LinkDeps, "branches" | "found" | "publish" | "remote"> = {
  branches: () => undefined,
  found: () => undefined,
  publish: () => undefined,
  remote: () => undefined,
};
