import type { Equipment } from "./equipment.ts";
import { otherOf } from "./fault-arguments.ts";
import type { Fault, FaultKind } from "./fault-text.ts";
import type { ActiveFault, FaultTarget } from "./faults.ts";
import type { Sensor } from "./physics/sensor.ts";
import type { FanFault, OutletFault } from "./physics/commands.ts";
import { applyBmcFaults, bmcSensorNames, type SiteBmc } from "./site-bmcs.ts";
import type { SiteUnit } from "./site-units.ts";

const noCrc = { "bad-crc": "Modbus TCP has no check sum" } as const;

const fanFaults: Partial<Record<FaultKind, FanFault>> = {
  "dead-fan": "locked",
  "worn-fan": "worn",
  "intermittent-fan": "intermittent",
  "reversed-fan": "reversed",
  "stuck-duty": "stuck-duty",
  "tach-lost": "tach-lost",
  "tach-stuck": "tach-stuck",
};
const coolerFaults: readonly FaultKind[] = [
  "lockout",
  "compressor-dead",
  "capacity-loss",
  "condenser-blocked",
];
const damperFaults: readonly FaultKind[] = ["damper-stuck", "damper-slipped"];
const outletFaults: Partial<Record<FaultKind, OutletFault>> = {
  "welded-outlet": "welded",
  "dead-outlet": "stuck-open",
};
const batteryFaults: readonly FaultKind[] = ["module-fail", "battery-open", "battery-fade"];
const sensorFaults: readonly FaultKind[] = [
  ...(["offset", "drift", "noisy", "open-wire"] as const),
  ...(["short-wire", "intermittent", "fahrenheit", "delayed"] as const),
];

/** What only one sort of unit can have. */
const belongings: readonly (readonly [kinds: readonly FaultKind[], name: RegExp, reason: string])[] = [
  [Object.keys(fanFaults) as FaultKind[], /^tray-/, "it has no fans"],
  [coolerFaults, /^dx-/, "it has no compressor"],
  [damperFaults, /^dx-1$/, "it has no damper"],
  [Object.keys(outletFaults) as FaultKind[], /^pdu-/, "it has no outlets"],
  [batteryFaults, /^dc-/, "it has no battery plant"],
];

/** What makes no sense on a unit, and why. */
export function refusalsOf(name: string): FaultTarget["refuses"] {
  const refused = belongings.flatMap(([kinds, fits, reason]) =>
    fits.test(name) ? [] : kinds.map((kind) => [kind, reason] as const),
  );
  return Object.fromEntries(refused);
}

/** Everything at the site a fault can be put on, and what makes no sense where. */
export function targetsOf(
  equipment: Equipment,
  units: readonly SiteUnit[],
  bmcs: readonly SiteBmc[],
): readonly FaultTarget[] {
  return [
    ...units.map(({ name, line, unit }): FaultTarget => ({
      name,
      kind: "unit",
      refuses: { ...refusalsOf(name), ...(line === "tcp" ? noCrc : {}) },
      sensors: [...unit.sensors.keys()],
      faultySensors: equipment.sensors.names(name),
    })),
    ...bmcs.map(({ name, bmc }): FaultTarget => ({ name, kind: "bmc", sensors: bmcSensorNames(bmc) })),
    { name: "line-a", kind: "line" },
    { name: "line-b", kind: "line" },
    { name: "tcp", kind: "line", refuses: { noise: "TCP has its own check sums; use line-a or line-b" } },
    { name: "site", kind: "site" },
  ];
}

/** Brings the site in line with the faults that are active; those of answers and lines are asked for where they are needed. */
export function applySiteFaults(equipment: Equipment, active: readonly ActiveFault[]): void {
  const { physics, dx, sensors } = equipment;
  const { world, faults } = physics;
  const of = (kind: FaultKind, target?: string): readonly ActiveFault[] =>
    active.filter((one) => one.kind === kind && (target === undefined || one.target === target));
  const any = (kind: FaultKind, target?: string): boolean => of(kind, target).length > 0;
  const most = (kind: FaultKind, key: "share" | "count" | "amount", least: number): number =>
    of(kind).reduce((value, one) => Math.max(value, one[key] ?? least), least);
  world.doorOpen = any("door-open");
  world.mains = !any("mains-loss");
  world.smoke = any("smoke");
  world.leak = any("leak");
  faults.fans.forEach((_, fan) => {
    const found = active.find(
      (one) => one.target === "tray-a" && one.fan === fan + 1 && one.kind in fanFaults,
    );
    faults.fans[fan] = (found && fanFaults[found.kind]) ?? "none";
  });
  dx.forEach((face, i) => {
    const name = `dx-${i + 1}`;
    const fault = faults.dx[i];
    if (fault === undefined) return;
    fault.compressor = any("compressor-dead", name);
    fault.capacityLoss = of("capacity-loss", name).reduce(
      (sum, one) => Math.min(1, sum + (one.share ?? 0)),
      0,
    );
    fault.blocked = any("condenser-blocked", name);
    face.force(any("lockout", name));
  });
  faults.damper = any("damper-stuck") ? "stuck" : any("damper-slipped") ? "slipped" : "none";
  faults.outlets.forEach((_, outlet) => {
    const found = active.find((one) => one.outlet === outlet + 1);
    faults.outlets[outlet] = (found && outletFaults[found.kind]) ?? "none";
  });
  faults.servers.forEach((_, server) => {
    faults.servers[server] = of("server-dead").some((one) => one.server === server + 1) ? "dead" : "none";
  });
  faults.modulesFailed = most("module-fail", "count", 0);
  faults.batteryOpen = any("battery-open");
  faults.batteryFade = most("battery-fade", "share", 0);
  faults.heaterWelded = most("heater-welded", "count", 0);
  faults.heaterDead = most("heater-dead", "count", 0);
  faults.leakage = most("seal-missing", "amount", 1);
  sensors.each((unit, name, sensor) => {
    applySensorFaults(sensor, active, unit, name);
    sensors.connect(unit, name, placeOf(active, unit, name));
  });
}

function applySensorFaults(
  { faults }: Sensor,
  active: readonly ActiveFault[],
  unit: string,
  name: string,
): void {
  const own = active.filter(
    (one) => one.target === unit && one.sensor === name && sensorFaults.includes(one.kind),
  );
  const sum = (kind: FaultKind): number =>
    own.reduce((total, one) => total + (one.kind === kind ? (one.amount ?? 0) : 0), 0);
  faults.jump = sum("offset");
  faults.driftPerDay = sum("drift");
  faults.noise = own.reduce((factor, one) => (one.kind === "noisy" ? (one.amount ?? 1) : factor), 1);
  const has = (wanted: FaultKind): boolean => own.some(({ kind }) => kind === wanted);
  faults.wire = has("open-wire") ? "open" : has("short-wire") ? "short" : "sound";
  faults.intermittent = Math.max(
    0,
    ...own.map(({ kind, share = 0 }) => (kind === "intermittent" ? share : 0)),
  );
  faults.fahrenheit = has("fahrenheit");
  faults.delay = Math.max(0, ...own.map(({ kind, delay = 0 }) => (kind === "delayed" ? delay / 1000 : 0)));
}

/** The sensor that is connected where one belongs; undefined: itself. */
function placeOf(active: readonly ActiveFault[], unit: string, sensor: string) {
  for (const one of active) {
    if (one.kind !== "swapped") continue;
    const other = otherOf(one);
    if (one.target === unit && one.sensor === sensor) return other;
    if (other.unit === unit && other.sensor === sensor) return { unit: one.target, sensor: one.sensor ?? "" };
  }
  return undefined;
}

/** By how many registers a unit's have moved up. */
export const shiftOf = (active: readonly ActiveFault[], unit: string): number =>
  active.reduce(
    (sum, { kind, target, amount = 0 }) => sum + (kind === "shifted" && target === unit ? amount : 0),
    0,
  );

/** As `applySiteFaults`, for a site behind wires: BMCs and sensors that stick as well. */
export function applyFault(
  equipment: Equipment,
  units: readonly SiteUnit[],
  bmcs: readonly SiteBmc[],
  fault: ActiveFault,
  active: readonly ActiveFault[],
  begins: boolean,
): void {
  const bmc = bmcs.find(({ name }) => name === fault.target)?.bmc;
  if (bmc !== undefined) {
    const own = active.filter(({ target }) => target === fault.target);
    applyBmcFaults(bmc, own, begins ? fault : undefined);
    return;
  }
  applySiteFaults(equipment, active);
  if (fault.kind === "stuck") stick(units, fault, begins);
  for (const { name, unit } of units) unit.shift = shiftOf(active, name);
}

function stick(units: readonly SiteUnit[], fault: Fault, begins: boolean): void {
  const sensors = units.find(({ name }) => name === fault.target)?.unit.sensors;
  const sensor = sensors?.get(fault.sensor ?? [...sensors.keys()][0] ?? "");
  if (begins) sensor?.stick(fault.value);
  else sensor?.release();
}
