import type { Clock } from "./clock.ts";
import type { Fault } from "./fault-text.ts";
import type { ActiveFault } from "./faults.ts";
import { createBmc, type SimulatedBmc } from "./ipmi/bmc.ts";
import { sensorKey } from "./ipmi/model.ts";
import { genericServer } from "./ipmi/models/generic-server.ts";
import { serveBmcs, type ServedBmcs } from "./ipmi/serve.ts";
import { type ServerWorld } from "./ipmi/world.ts";
import type { SitePhysics } from "./physics/types.ts";

/** Where the BMCs of a site are reached. */
export interface SiteBmcOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** UDP port of the first; the others follow. 0 or absent: any free ones. */
  readonly port?: number;
}

/** The BMC of a server of the site, and how a client reaches it. */
export type SiteBmc = {
  /** `bmc-1` to `bmc-8`; the number is that of its outlet. */
  readonly name: string;
  readonly outlet: number;
  readonly user: string;
  readonly password: string;
  readonly bmc: SimulatedBmc;
} & (
  | { readonly kind: "udp"; readonly host: string; readonly port: number }
  /** Packets are handed to `bmc.receive`. */
  | { readonly kind: "memory" }
);

export interface SiteBmcs {
  readonly all: readonly SiteBmc[];
  tick(dtSeconds: number): void;
  close(): Promise<void>;
}

const account = { name: "admin", password: "admin-pass" };

/**
 * A BMC in each server of the site.
 * @param options absent: no sockets
 * @throws Error of the system, such as an address in use
 */
export async function openSiteBmcs(
  clock: Clock,
  physics: SitePhysics,
  options: SiteBmcOptions | undefined,
): Promise<SiteBmcs> {
  // Most each server may draw, its own fans included, as its BMC wants it.
  const asked: number[] = [];
  const bmcs = physics.state.servers.map((_, outlet) =>
    createBmc({
      clock,
      name: `bmc-${outlet + 1}`,
      model: genericServer({ serial: outlet + 1 }),
      world: worldOf(physics, outlet, asked),
      period: 0,
    }),
  );
  const served: ServedBmcs | undefined = options && (await serveBmcs({ ...options, bmcs }));
  const all = bmcs.map((bmc, i): SiteBmc => {
    const common = { name: bmc.name, outlet: i + 1, user: account.name, password: account.password, bmc };
    const endpoint = served?.endpoints[i];
    if (endpoint === undefined) return { ...common, kind: "memory" };
    return { ...common, kind: "udp", host: endpoint.host, port: endpoint.port };
  });
  return {
    all,
    tick(dtSeconds) {
      bmcs.forEach((bmc, outlet) => {
        if (physics.state.servers[outlet]?.phase === "tripped" && bmc.host.powered) bmc.host.drop();
        limit(physics, outlet, asked[outlet] ?? Infinity);
        bmc.tick(dtSeconds);
      });
    },
    async close() {
      bmcs.forEach((bmc) => bmc.close());
      await served?.close();
    },
  };
}

/** The physics limit what a server draws beside its fans. */
function limit({ commands, state }: SitePhysics, outlet: number, most: number): void {
  const command = commands.servers[outlet];
  if (command !== undefined) command.limit = most - (state.servers[outlet]?.fanWatts ?? 0);
}

/** The surroundings of the server at an outlet. */
function worldOf(physics: SitePhysics, outlet: number, asked: number[]): ServerWorld {
  const { commands, state } = physics;
  return {
    inlet: () => state.inlet,
    voltage: () => (state.outlets[outlet]?.closed === true ? state.pduVolts : 0),
    power: () => state.servers[outlet]?.watts ?? 0,
    drive(activity, most) {
      const command = commands.servers[outlet];
      if (command === undefined) return;
      command.activity = activity;
      asked[outlet] = most;
      limit(physics, outlet, most);
    },
  };
}

/** Names for `stuck` on a BMC. */
export const bmcSensorNames = ({ sensors }: SimulatedBmc): readonly string[] =>
  sensors.all.filter(({ model }) => model.kind !== "event-only").map(({ name }) => sensorKey(name));

/** Brings a BMC in line with the faults that are active on it. @param begun the one that has just begun, if any */
export function applyBmcFaults(bmc: SimulatedBmc, active: readonly ActiveFault[], begun?: Fault): void {
  const { faults, sensors } = bmc;
  const of = (kind: Fault["kind"]): readonly ActiveFault[] => active.filter((one) => one.kind === kind);
  const sum = (kind: Fault["kind"]): number =>
    Math.min(
      1,
      of(kind).reduce((share, fault) => share + (fault.share ?? fault.probability ?? 1), 0),
    );
  const always = (kind: Fault["kind"]): boolean => of(kind).some(({ probability = 1 }) => probability === 1);
  faults.silent = always("silent");
  faults.unheard = faults.silent ? 0 : sum("silent");
  faults.slow = of("slow").reduce((delay, fault) => delay + (fault.delay ?? 0), 0);
  faults.slowShare = sum("slow");
  faults.lossy = sum("lossy");
  faults.duplicate = sum("duplicate");
  faults.reorder = sum("reorder");
  faults.shortSdr = of("short-sdr").length > 0;
  faults.singleSession = of("single-session").length > 0;
  faults.badChecksum = sum("bad-checksum");
  refill(
    faults.hang,
    of("hang").map(({ command = "" }) => commandKey(command)),
  );
  refill(
    faults.lostSupplies,
    of("psu-lost").map(({ supply = 0 }) => supply),
  );
  refill(
    faults.deadFans,
    of("dead-fan").map(({ fan = 0 }) => fan),
  );
  for (const sensor of sensors.all) {
    const stuck = of("stuck").find((fault) => fault.sensor === sensorKey(sensor.name));
    if (stuck === undefined) delete sensor.stuck;
    else sensor.stuck ??= stuck.value ?? sensors.value(sensor) ?? 0;
  }
  if (begun?.kind === "reboot") bmc.restart(begun.duration);
}

function refill<T>(set: Set<T>, values: readonly T[]): void {
  set.clear();
  for (const value of values) set.add(value);
}

/** `04/2d` as a number: netFn << 8 | command. */
const commandKey = (text: string): number => Number.parseInt(text.replace("/", ""), 16);
