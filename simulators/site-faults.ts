import type { Fault } from "./fault-text.ts";
import type { ActiveFault, FaultTarget } from "./faults.ts";
import type { SitePhysics } from "./physics.ts";
import { applyBmcFaults, bmcSensorNames, type SiteBmc } from "./site-bmcs.ts";
import type { SiteUnit, SiteUnits } from "./site-units.ts";

const noCrc = { "bad-crc": "Modbus TCP has no check sum" } as const;

/** Everything at the site a fault can be put on, and what makes no sense where. */
export function targetsOf(units: readonly SiteUnit[], bmcs: readonly SiteBmc[]): readonly FaultTarget[] {
  const only = (name: string): FaultTarget["refuses"] => ({
    ...(name === "tray-a" ? {} : { "dead-fan": "it has no fans" }),
    ...(name === "dx-1" ? {} : { lockout: "it has no compressor" }),
  });
  return [
    ...units.map(({ name, line, unit }): FaultTarget => ({
      name,
      kind: "unit",
      refuses: { ...only(name), ...(line === "tcp" ? noCrc : {}) },
      sensors: [...unit.sensors.keys()],
    })),
    ...bmcs.map(({ name, bmc }): FaultTarget => ({ name, kind: "bmc", sensors: bmcSensorNames(bmc) })),
    { name: "line-a", kind: "line" },
    { name: "line-b", kind: "line" },
    { name: "tcp", kind: "line", refuses: { noise: "TCP has its own check sums; use line-a or line-b" } },
    { name: "site", kind: "site" },
  ];
}

/** Faults of the world and of sensors; those of answers and lines are asked for where they are needed. */
export function applyFault(
  physics: SitePhysics,
  units: SiteUnits,
  bmcs: readonly SiteBmc[],
  fault: ActiveFault,
  active: readonly ActiveFault[],
  begins: boolean,
): void {
  const { inputs } = physics;
  const bmc = bmcs.find(({ name }) => name === fault.target)?.bmc;
  if (bmc !== undefined) {
    const own = active.filter(({ target }) => target === fault.target);
    applyBmcFaults(bmc, own, begins ? fault : undefined);
    return;
  }
  const any = (kind: Fault["kind"]): boolean => active.some((one) => one.kind === kind);
  inputs.doorOpen = any("door-open");
  inputs.mains = !any("mains-loss");
  inputs.smoke = any("smoke");
  inputs.leak = any("leak");
  inputs.fanDead.forEach((_, fan) => {
    inputs.fanDead[fan] = active.some(
      (one) => one.kind === "dead-fan" && one.target === "tray-a" && one.fan === fan + 1,
    );
  });
  if (fault.kind === "lockout" && begins) units.dx.machine.trip();
  if (fault.kind === "lockout" && !any("lockout")) units.dx.machine.untrip();
  if (fault.kind !== "stuck") return;
  const sensors = units.all.find(({ name }) => name === fault.target)?.unit.sensors;
  const sensor = sensors?.get(fault.sensor ?? [...sensors.keys()][0] ?? "");
  if (begins) sensor?.stick(fault.value);
  else sensor?.release();
}
