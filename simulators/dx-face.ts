import type { DxMode, DxSettings, DxWorld } from "./modbus/products/dx.ts";
import type { SiteParameters } from "./physics/parameters.ts";
import type { SitePhysics } from "./physics/types.ts";
import { airSensor, coilSensor, humiditySensor, type SensorBank } from "./sensor-bank.ts";

const resetsPerDay = 3;
const day = 86_400;

/** States of `generic-dx-v1` as its register 5 gives them. */
const dxStates = {
  off: 0,
  standby: 1,
  cooling: 3,
  economiser: 4,
  defrost: 6,
  lockout: 7,
  fault: 8,
} as const;

/** One air-conditioner of the site as its front panel shows it: what it measures, and what it was told. */
export interface DxFace extends DxWorld {
  /** Kept off, as by a pressure switch somebody holds down. */
  force(lockout: boolean): void;
  /** Lets time pass for what the unit counts by itself. */
  tick(dtSeconds: number): void;
}

/** @param unit from 0; the first one moves the economiser's damper, which all of them see */
export function createDxFace(
  { physics, parameters }: { readonly physics: SitePhysics; readonly parameters: SiteParameters },
  bank: SensorBank,
  unit: number,
): DxFace {
  const { state, commands, world } = physics;
  const name = `dx-${unit + 1}`;
  const own = () => state.dx[unit];
  const command = commands.dx[unit];
  const { setpoint, deadBand, minimumOn, minimumOff } = parameters.dx;
  const settings: DxSettings = {
    mode: "auto",
    ...{ setpoint, deadBand, minimumOn, minimumOff },
    ...{ capacityDemand: 0, fanDemand: 100, damperDemand: 0, busLoss: 60 },
  };
  const held = { lost: false, forced: false, resets: 0, sinceMidnight: 0 };
  const mode = (): DxMode => (held.lost && settings.mode === "remote" ? "auto" : settings.mode);
  const tripped = (): boolean => held.forced || (own()?.trip ?? "none") !== "none";
  const apply = (): void => {
    if (command === undefined) return;
    command.mode = held.forced ? "off" : mode();
    command.capacity = settings.capacityDemand;
    command.setpoint = settings.setpoint;
    command.deadBand = settings.deadBand;
    command.minimumOn = settings.minimumOn;
    command.minimumOff = settings.minimumOff;
    if (unit === 0) commands.damper = mode() === "remote" ? settings.damperDemand : 0;
  };
  const word = (): number => {
    if (!state.acPresent) return dxStates.fault;
    if (tripped()) return dxStates.lockout;
    if (own()?.running === true) return own()?.frosted === true ? dxStates.defrost : dxStates.cooling;
    if (unit === 0 && state.damperFeedback > 5) return dxStates.economiser;
    return mode() === "off" ? dxStates.off : dxStates.standby;
  };
  apply();
  return {
    settings,
    changed: apply,
    returnTemperature: bank.add(name, "return", () => state.hot, airSensor),
    supplyTemperature: bank.add(name, "supply", () => own()?.supply ?? state.supply, coilSensor),
    outdoorTemperature: bank.add(name, "outdoor", () => state.outdoor, airSensor),
    returnHumidity: bank.add(name, "humidity", () => state.hotHumidity, humiditySensor),
    power: () => own()?.watts ?? 0,
    state: word,
    capacity: () => own()?.capacity ?? 0,
    damper: () => Math.round(state.damperFeedback * 10) / 10,
    starts: () => own()?.starts ?? 0,
    runSeconds: () => own()?.runSeconds ?? 0,
    secondsToStart() {
      const now = own();
      if (now === undefined || now.running) return 0;
      return Math.max(0, settings.minimumOff - now.inState, now.restart);
    },
    alarms: () => [
      held.forced || own()?.trip === "high-pressure",
      own()?.trip === "low-pressure",
      state.filterLoad > 2,
      false,
      false,
      world.smoke,
      false,
      own()?.frosted === true,
    ],
    lose(lost) {
      held.lost = lost;
      apply();
    },
    resetLockout() {
      if (held.resets >= resetsPerDay) return false;
      held.resets++;
      held.forced = false;
      physics.resetDx(unit);
      apply();
      return true;
    },
    force(lockout) {
      if (held.forced === lockout) return;
      held.forced = lockout;
      if (!lockout) physics.resetDx(unit);
      apply();
    },
    tick(dtSeconds) {
      held.sinceMidnight += dtSeconds;
      if (held.sinceMidnight >= day) [held.sinceMidnight, held.resets] = [0, 0];
    },
  };
}
