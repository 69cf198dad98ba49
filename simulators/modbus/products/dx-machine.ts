/** States of `generic-dx-v1` as its register 5 gives them. */
export const dxStates = {
  off: 0,
  standby: 1,
  preVent: 2,
  cooling: 3,
  economiser: 4,
  lockout: 7,
  fault: 8,
} as const;

export type DxMode = "off" | "auto" | "remote";

export interface DxSettings {
  mode: DxMode;
  /** °C of the supply air. */
  setpoint: number;
  /** K */
  deadBand: number;
  /** 0..100 % */
  capacityDemand: number;
  damperDemand: number;
  /** s */
  minimumOn: number;
  minimumOff: number;
  /** s without a request before the unit controls by itself; 0: never. */
  busLoss: number;
}

export interface DxInputs {
  /** °C */
  readonly supply: number;
  readonly powered: boolean;
}

export interface DxMachine {
  readonly state: number;
  /** 0..100 % */
  readonly capacity: number;
  readonly damper: number;
  readonly starts: number;
  readonly runSeconds: number;
  readonly secondsToStart: number;
  /** @returns false when the lockout was reset too often today already */
  resetLockout(): boolean;
  /** Trips the high-pressure switch: the compressor stays off until the lockout is reset. */
  trip(): void;
  /** As a technician resets it on the unit: not counted. */
  untrip(): void;
  readonly tripped: boolean;
  /** Somebody asked: the bus is alive. */
  heard(): void;
  /** @param busSeconds time that passed for the bus-loss timer */
  step(dtSeconds: number, inputs: DxInputs, busSeconds: number): void;
}

const least = 20; // % capacity the compressor can run at
const preVentSeconds = 10;
const resetsPerDay = 3;
const day = 86_400;
const gain = { proportional: 8, integral: 0.06 }; // % per K, % per K·s

/** The compressor's own protection and control: what a unit does however it is commanded. */
export function createDxMachine(settings: DxSettings): DxMachine {
  let capacity = 0;
  let running = false;
  let inState = Infinity; // s since the compressor started or stopped
  let venting = 0;
  let integral = 0;
  let starts = 0;
  let runSeconds = 0;
  let quiet = 0;
  let resets = 0;
  let sinceMidnight = 0;
  let tripped = false;
  let powered = true;
  let damper = 0;

  const mode = (): DxMode =>
    settings.mode === "remote" && settings.busLoss > 0 && quiet >= settings.busLoss ? "auto" : settings.mode;

  /** Capacity wanted, 0 when the compressor should stand still. */
  const demand = (dt: number, supply: number): number => {
    if (mode() === "off") return 0;
    if (mode() === "remote") return settings.capacityDemand < least ? 0 : settings.capacityDemand;
    const error = supply - settings.setpoint;
    if (!running && error < settings.deadBand / 2) return 0;
    const wanted = integral + gain.proportional * error;
    if (running && wanted < least && error < -settings.deadBand) return 0;
    // no wind-up: the integral stands still while the compressor can give no more, or no less
    const saturated = (wanted > 100 && error > 0) || (wanted < least && error < 0);
    if (!saturated) integral += gain.integral * error * dt;
    return Math.min(100, Math.max(least, wanted));
  };
  const stop = (): void => {
    if (running) inState = 0;
    running = false;
    capacity = 0;
    venting = 0;
  };
  const start = (dt: number): void => {
    venting += dt;
    if (venting <= preVentSeconds) return;
    running = true;
    inState = 0;
    integral = 40;
    starts++;
  };
  const state = (): number => {
    if (!powered) return dxStates.fault;
    if (tripped) return dxStates.lockout;
    if (running) return dxStates.cooling;
    if (venting > 0) return dxStates.preVent;
    if (damper > 5) return dxStates.economiser;
    return mode() === "off" ? dxStates.off : dxStates.standby;
  };

  return {
    get state() {
      return state();
    },
    get capacity() {
      return capacity;
    },
    get damper() {
      return damper;
    },
    get starts() {
      return starts;
    },
    get runSeconds() {
      return runSeconds;
    },
    get secondsToStart() {
      return running ? 0 : Math.max(0, settings.minimumOff - inState);
    },
    get tripped() {
      return tripped;
    },
    resetLockout() {
      if (resets >= resetsPerDay) return false;
      resets++;
      tripped = false;
      return true;
    },
    trip() {
      tripped = true;
      stop();
    },
    untrip() {
      tripped = false;
    },
    heard() {
      quiet = 0;
    },
    step(dt, inputs, busSeconds) {
      quiet += busSeconds;
      inState += dt;
      sinceMidnight += dt;
      if (sinceMidnight >= day) [sinceMidnight, resets] = [0, 0];
      ({ powered } = inputs);
      const target = mode() === "remote" && powered ? settings.damperDemand : 0;
      const stroke = (100 / (powered ? 90 : 20)) * dt;
      damper += Math.min(stroke, Math.max(-stroke, target - damper));
      const wanted = powered && !tripped ? demand(dt, inputs.supply) : 0;
      if (running) runSeconds += dt;
      if (wanted === 0) {
        if (!running || !powered || inState >= settings.minimumOn) stop();
        else capacity = least;
      } else if (running) capacity = wanted;
      else if (inState >= settings.minimumOff) start(dt);
    },
  };
}
