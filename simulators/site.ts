import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cancel, Clock } from "./clock.ts";
import { faultFrom, parseScript } from "./fault-text.ts";
import { type ActiveFault, createFaultBoard, type FaultBoard } from "./faults.ts";
import { siteParameters } from "./sites.ts";
import { createEquipment, type Equipment } from "./equipment.ts";
import type { SiteParameters } from "./physics/parameters.ts";
import { createSitePhysics } from "./physics/site.ts";
import type { SitePhysics } from "./physics/types.ts";
import type { Weather } from "./physics/weather.ts";
import { applyFault, targetsOf } from "./site-faults.ts";
import { mildDay } from "./weather/mild-day.ts";
import type { Line, LineOptions, LineStatistics, LineTiming } from "./line.ts";
import { serveRtu, serveTcp, serveTcpWire } from "./modbus/serve.ts";
import type { SimulatedUnit } from "./modbus/unit.ts";
import { NoPtyError, openPty } from "./pty.ts";
import { openSiteBmcs, type SiteBmc, type SiteBmcOptions, type SiteBmcs } from "./site-bmcs.ts";
import { createUnits, type LineName, type SiteUnit, type SiteUnits } from "./site-units.ts";
import { listenAsWire } from "./tcp.ts";
import { createMemoryWire, type Wire } from "./wire.ts";

export interface SimulatedSiteOptions {
  readonly clock: Clock;
  /** Default 1. The same seed gives the same course of events. */
  readonly seed?: number;
  /**
   * What the serial lines run over: pseudo-terminals (the default; RTU over TCP where there are none), RTU over
   * TCP, or memory, for virtual time; then the TCP endpoint is in memory as well.
   */
  readonly wires?: "pty" | "tcp" | "memory";
  /** Where links with stable names (`line-a`, `line-b`) to the pseudo-terminals are made. Made when missing. */
  readonly dir?: string;
  /** Simulated seconds per second for the physics. Lines keep their real time. Default 1. */
  readonly speed?: number;
  readonly host?: string;
  /** TCP port of the Modbus TCP endpoint; 0 or absent: any free one. */
  readonly port?: number;
  /** Where the BMCs of the servers are reached; not with `memory`. */
  readonly bmcs?: SiteBmcOptions;
  /** What happens outdoors. Default: fair days, beginning at nine in the morning. */
  readonly weather?: Weather;
  /** The enclosure and what is in it. Default: that of the demonstration. */
  readonly parameters?: SiteParameters;
  /** Opens a pseudo-terminal in some other way. */
  readonly openPty?: typeof openPty;
  /** How lines hand over bytes, for tests that need it otherwise. */
  readonly line?: Pick<LineOptions, "delivery" | "strictGap" | "echo">;
}

interface LineParts extends LineTiming {
  readonly name: LineName;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 8;
  readonly stopBits: 1;
  readonly statistics: Readonly<LineStatistics>;
}

/** A serial line of the site and how a client reaches it. */
export type SimulatedLine = LineParts &
  (
    | { readonly kind: "pty"; readonly path: string }
    | { readonly kind: "rtu-over-tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "memory"; readonly wire: Wire }
  );

/** The Modbus TCP endpoint. */
export type SimulatedEndpoint =
  | { readonly name: "tcp"; readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly name: "tcp"; readonly kind: "memory"; connect(): Wire };

export interface SimulatedSite {
  readonly lines: readonly SimulatedLine[];
  readonly endpoint: SimulatedEndpoint;
  /** A BMC in each of the servers. */
  readonly bmcs: readonly SiteBmc[];
  readonly physics: SitePhysics;
  readonly equipment: Equipment;
  /** What a person should know, such as that no pseudo-terminal could be had. */
  readonly notes: readonly string[];
  units(): readonly SiteUnit[];
  /** @throws Error when there is no such unit, naming those there are */
  unit(name: string): SimulatedUnit;
  /** Begins a fault, given as text or data (see `parseFault`, `faultFrom`). @throws FaultError */
  fault(fault: unknown): ActiveFault;
  faults(): readonly ActiveFault[];
  /** Ends one fault, or all. @throws FaultError */
  clear(id?: number): void;
  /** Plays a script (YAML or JSON) from now on; the returned function stops it. @throws FaultError */
  script(text: string): Cancel;
  /** Stops everything and gives back every file and socket. May be called twice. */
  close(): Promise<void>;
}

const period = 250; // ms between steps of the physics
const longestStep = 2; // s of simulated time, where it is faster
const behind = 2000; // ms after which missed steps are dropped, not caught up

const timings = { "line-a": 9600, "line-b": 19_200 } as const;

/**
 * A site with equipment that answers bytes: two RS-485 lines and a Modbus TCP endpoint, on one set of physics.
 * @throws Error of the system, such as an address in use
 */
export async function createSimulatedSite(options: SimulatedSiteOptions): Promise<SimulatedSite> {
  const { clock } = options;
  const seed = options.seed ?? 1;
  const parameters = options.parameters ?? siteParameters("demo");
  const physics = createSitePhysics(parameters, { weather: options.weather ?? mildDay(), seed });
  const equipment = createEquipment({ physics, parameters, seed });
  const units = createUnits(equipment);
  const bmcs = await openSiteBmcs(clock, physics, options.wires === "memory" ? undefined : placeOf(options));
  const board = createFaultBoard({
    clock,
    seed,
    targets: targetsOf(equipment, units.all, bmcs.all),
    changed: (fault, active, begins) => applyFault(equipment, units.all, bmcs.all, fault, active, begins),
  });
  const notes: string[] = [];
  const { lines, endpoint } = await openBuses(options, units, board, notes).catch(async (error: unknown) => {
    await bmcs.close();
    throw error;
  });
  const stop = startPhysics(clock, physics, { units, bmcs }, options.speed ?? 1);

  return {
    lines: lines.map(({ shown }) => shown),
    endpoint: endpoint.shown,
    bmcs: bmcs.all,
    physics,
    equipment,
    notes,
    units: () => units.all,
    unit(name) {
      const found = units.all.find((one) => one.name === name);
      if (found !== undefined) return found.unit;
      throw new Error(`no unit is called ${name}; there are ${units.all.map((one) => one.name).join(", ")}`);
    },
    fault: (fault) => board.add(faultFrom(fault)),
    faults: () => board.list(),
    clear: (id) => board.clear(id),
    script: (text) => board.run(parseScript(text)),
    async close() {
      stop();
      board.close();
      await Promise.all([...lines.map(({ line }) => line.close()), endpoint.close(), bmcs.close()]);
    },
  };
}

const placeOf = ({ bmcs, host }: SimulatedSiteOptions): SiteBmcOptions => ({
  ...(host === undefined ? {} : { host }),
  ...bmcs,
});

type Serving = Pick<Parameters<typeof serveRtu>[0], "units" | "misbehave" | "disturb">;

function serving(name: LineName, units: SiteUnits, board: FaultBoard): Serving {
  const mine = units.all.filter(({ line }) => line === name);
  const names = new Map(mine.map((one) => [one.unit, one.name]));
  return {
    units: new Map(mine.map(({ id, unit }) => [id, unit])),
    misbehave: (unit) => board.misbehave(names.get(unit) ?? ""),
    disturb: (bytes) => board.disturb(name, bytes),
  };
}

/** The two lines and the TCP endpoint; when one cannot be had, what was opened is closed again. */
async function openBuses(
  options: SimulatedSiteOptions,
  units: SiteUnits,
  board: FaultBoard,
  notes: string[],
): Promise<{ readonly lines: readonly OpenLine[]; readonly endpoint: OpenEndpoint }> {
  const lines: OpenLine[] = [];
  try {
    for (const name of ["line-a", "line-b"] as const) {
      lines.push(await openLine(name, options, serving(name, units, board), notes));
    }
    return { lines, endpoint: await openEndpoint(options, serving("tcp", units, board), board) };
  } catch (error) {
    await Promise.all(lines.map(({ line }) => line.close()));
    throw error;
  }
}

interface OpenEndpoint {
  readonly shown: SimulatedEndpoint;
  close(): Promise<unknown>;
}

interface OpenLine {
  readonly line: Line;
  readonly shown: SimulatedLine;
}

async function openLine(
  name: keyof typeof timings,
  options: SimulatedSiteOptions,
  served: Serving,
  notes: string[],
): Promise<OpenLine> {
  const { wire, reached } = await openWire(name, options, notes);
  const timing = { baudRate: timings[name], dataBits: 8, parity: "none", stopBits: 1 } as const;
  const seed = options.seed ?? 1;
  const line = serveRtu({ ...options.line, ...served, clock: options.clock, wire, timing, seed });
  return { line, shown: { name, ...timing, statistics: line.statistics, ...reached } };
}

type Reached = SimulatedLine extends infer L
  ? L extends SimulatedLine
    ? Omit<L, keyof LineParts>
    : never
  : never;

async function openWire(
  name: string,
  options: SimulatedSiteOptions,
  notes: string[],
): Promise<{ readonly wire: Wire; readonly reached: Reached }> {
  if (options.wires === "memory") {
    const [client, wire] = createMemoryWire();
    return { wire, reached: { kind: "memory", wire: client } };
  }
  if (options.wires !== "tcp") {
    if (options.dir !== undefined) mkdirSync(options.dir, { recursive: true });
    try {
      const wire = await (options.openPty ?? openPty)(
        options.dir === undefined ? {} : { link: join(options.dir, name) },
      );
      return { wire, reached: { kind: "pty", path: wire.path } };
    } catch (error) {
      if (!(error instanceof NoPtyError)) throw error;
      notes.push(`${name} is served as RTU over TCP: ${error.message}`);
    }
  }
  const wire = await listenAsWire(options.host === undefined ? {} : { host: options.host });
  return { wire, reached: { kind: "rtu-over-tcp", host: wire.host, port: wire.port } };
}

async function openEndpoint(
  options: SimulatedSiteOptions,
  served: Serving,
  board: FaultBoard,
): Promise<OpenEndpoint> {
  const { host, port, clock } = options;
  const serve = { ...served, clock, passes: () => board.passes("tcp") };
  if (options.wires === "memory") {
    const ends = new Set<Wire>();
    const connect = (): Wire => {
      const [client, server] = createMemoryWire();
      ends.add(server);
      serveTcpWire(server, serve);
      return client;
    };
    return {
      shown: { name: "tcp", kind: "memory", connect },
      close: () => Promise.all([...ends].map((end) => end.close())),
    };
  }
  const listener = await serveTcp({
    ...serve,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  });
  const shown = { name: "tcp", kind: "tcp", host: listener.host, port: listener.port } as const;
  return { shown, close: () => listener.close() };
}

/** Steps the physics at fixed intervals, so that a virtual and a real clock give the same course. */
function startPhysics(
  clock: Clock,
  physics: SitePhysics,
  { units, bmcs }: { readonly units: SiteUnits; readonly bmcs: SiteBmcs },
  speed: number,
): Cancel {
  let cancel: Cancel = () => undefined;
  let due = clock.monotonic();
  const arm = (): void => {
    due = Math.max(due + period, clock.monotonic() - behind);
    cancel = clock.at(due, () => {
      const seconds = (period / 1000) * speed;
      physics.advance(seconds, longestStep);
      units.tick(seconds, period / 1000);
      bmcs.tick(seconds);
      arm();
    });
  };
  arm();
  return () => cancel();
}
