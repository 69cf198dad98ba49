import { createRandom, type Random } from "./random.ts";
import { createElectrical, type ElectricalInputs, type ElectricalState } from "./electrical.ts";
import { humidityRatio, relativeHumidity, saturatedRatio } from "./psychrometrics.ts";

export const fanCount = 8;
export const serverCount = 8;

/** What the equipment does to the world. Devices and faults set these; the next step takes them into account. */
export interface PhysicsInputs extends ElectricalInputs {
  /** Demanded duty of each tray fan, 0..100 %. */
  readonly fanDuty: number[];
  /** Fans that do not turn, whatever the duty. */
  readonly fanDead: boolean[];
  /** Outlets of the PDU; each feeds one server. */
  readonly outletOn: boolean[];
  /** What each server does: 0 off, with its standby power only, 1 at work, between: it starts or stops. */
  readonly serverActivity: number[];
  /** Most each server may draw, W; Infinity: no limit. */
  readonly serverLimit: number[];
  /** Demanded share of the DX unit's capacity, 0..1; 0: compressor stopped. */
  dxCapacity: number;
  /** Share of outdoor air, 0..1. */
  damper: number;
  doorOpen: boolean;
  smoke: boolean;
  leak: boolean;
}

/** Everything measurable. Temperature °C, power W, flow m³/s, humidity % RH, speed rpm. */
export interface PhysicsState extends ElectricalState {
  /** Simulated seconds since the start. */
  time: number;
  outdoor: number;
  outdoorHumidity: number;
  cold: number;
  hot: number;
  /** Equipment mass. */
  mass: number;
  /** What a probe in front of the servers feels: cold air and a share that came round from the back. */
  inlet: number;
  inletHumidity: number;
  outletHumidity: number;
  /** Air leaving the DX unit. */
  supply: number;
  readonly fanSpeed: number[];
  airflow: number;
  fanPower: number;
  readonly serverPower: number[];
  itPower: number;
  /** Heat the DX unit takes out. */
  dxCooling: number;
  dxPower: number;
}

export interface SitePhysics {
  readonly inputs: PhysicsInputs;
  readonly state: Readonly<PhysicsState>;
  /** @param dtSeconds simulated time to pass, > 0 */
  step(dtSeconds: number): void;
}

export interface PhysicsOptions {
  readonly seed?: number;
  /** Hour of the day it starts at, 0..24. Default 9. */
  readonly startHour?: number;
  /** Daily mean of the outdoor temperature and half its swing, °C and K. Default 18 and 8. */
  readonly outdoorMean?: number;
  readonly outdoorSwing?: number;
}

export const fanTopSpeed = 4000;
export const rectifierModules = 4;
const airCapacity = 1.2 * 1006; // J/(m³·K)
const topFlow = 0.2;
const still = 0.004; // what convection moves with every fan stopped
const capacity = { cold: 3000, hot: 3000, mass: 42_000 }; // J/K
const massConductance = 120; // W/K at the nominal flow
const nominalFlow = 0.1;
const wall = 12; // W/K, each side
const infiltration = { closed: 0.6, open: 30 }; // W/K, each side
const airMass = 2.5; // kg
const dx = { rated: 2000, cop: 2.8, rampSeconds: 60, coil: 10 };
const longestStep = 0.5; // s; the air's own time constant is about 10 s

/**
 * A one-rack enclosure: cold air, hot air and equipment as one node each, joined by the air the fans move.
 * Deterministic: the same seed and the same inputs give the same course.
 */
export function createPhysics(options: PhysicsOptions = {}): SitePhysics {
  const seed = options.seed ?? 1;
  const inputs = startInputs();
  const electrical = createElectrical(createRandom(seed, "mains"));
  const state: PhysicsState = { ...startState(), ...electrical.state };
  const weather = createRandom(seed, "weather");
  const load = Array.from({ length: serverCount }, (_, i) => createLoad(createRandom(seed, `server ${i}`)));
  const hour0 = options.startHour ?? 9;
  let drift = 0;
  let ratio = humidityRatio(22, 45);
  let ramp = 0;

  const stepWeather = (dt: number): void => {
    drift += (-drift / 1800) * dt + 0.02 * Math.sqrt(dt) * weather.normal();
    const hour = hour0 + state.time / 3600;
    const swing = Math.sin((2 * Math.PI * (hour - 9)) / 24);
    state.outdoor = (options.outdoorMean ?? 18) + (options.outdoorSwing ?? 8) * swing + drift;
    state.outdoorHumidity = Math.min(98, Math.max(15, 60 - 22 * swing));
  };
  const stepFans = (dt: number): void => {
    state.fanSpeed.forEach((speed, i) => {
      const target = fanTarget(inputs, state.fansPowered, speed, i);
      const tau = target > speed ? 2 : 4;
      state.fanSpeed[i] = speed + (target - speed) * (1 - Math.exp(-dt / tau));
    });
    const shares = state.fanSpeed.map((speed) => speed / fanTopSpeed);
    state.airflow = still + (topFlow * shares.reduce((sum, n) => sum + n, 0)) / fanCount;
    state.fanPower = shares.reduce((sum, n) => sum + (n > 0.01 ? 0.8 + 17 * n ** 3 : 0), 0);
  };
  const stepServers = (dt: number): void => {
    load.forEach((one, i) => {
      const on = inputs.outletOn[i] === true && state.upsOutputOn;
      const activity = inputs.serverActivity[i] ?? 1;
      state.serverPower[i] = one(dt, on, state.inlet, activity, inputs.serverLimit[i] ?? Infinity);
    });
    state.itPower = state.serverPower.reduce((sum, watts) => sum + watts, 0);
  };
  const stepCooling = (dt: number): void => {
    const wanted = inputs.mains ? inputs.dxCapacity : 0;
    ramp = wanted === 0 ? 0 : ramp + (wanted - ramp) * (1 - Math.exp(-dt / dx.rampSeconds));
    const rated = dx.rated * (1 - 0.01 * (state.outdoor - 35));
    const frost = Math.min(1, Math.max(0, (state.hot - 5) / 5));
    const coil = Math.min(1.25, 0.5 + (0.5 * state.airflow) / nominalFlow);
    state.dxCooling = ramp * rated * coil * frost;
    const cop = dx.cop * (1 - 0.02 * (Math.max(state.outdoor, 15) - 35));
    state.dxPower = wanted === 0 ? 0 : 90 + (ramp * rated) / cop;
  };
  const stepAir = (dt: number): void => {
    const g = airCapacity * state.airflow;
    const leak = inputs.doorOpen ? infiltration.open : infiltration.closed;
    const outside = wall + leak;
    const um = massConductance * (state.airflow / nominalFlow) ** 0.8;
    const { cold, hot, mass, outdoor } = state;
    const mixed = inputs.damper * outdoor + (1 - inputs.damper) * hot;
    const toCold = g * (mixed - cold) + state.fanPower - state.dxCooling + outside * (outdoor - cold);
    const toHot = g * (cold - hot) + um * (mass - hot) + outside * (outdoor - hot);
    state.cold += (toCold * dt) / capacity.cold;
    state.hot += (toHot * dt) / capacity.hot;
    state.mass += ((state.itPower - um * (mass - hot)) * dt) / capacity.mass;
    state.supply = Math.max(mixed - state.dxCooling / g, -5);
    const around = 0.05 + 0.25 * Math.max(0, 1 - state.airflow / (1.5 * nominalFlow));
    state.inlet = state.cold + around * (state.hot - state.cold);
    stepMoisture(dt, (inputs.damper * g + 2 * leak) / 1006);
  };
  const stepMoisture = (dt: number, exchange: number): void => {
    const outside = humidityRatio(state.outdoor, state.outdoorHumidity);
    ratio += ((outside - ratio) * exchange * dt) / airMass;
    const coil = saturatedRatio(dx.coil);
    if (state.dxCooling > 0 && ratio > coil) ratio -= ((ratio - coil) * dt * ramp) / 300;
    ratio = Math.min(ratio, saturatedRatio(state.cold));
    state.inletHumidity = relativeHumidity(state.inlet, ratio);
    state.outletHumidity = relativeHumidity(state.hot, ratio);
  };
  const advance = (dt: number): void => {
    state.time += dt;
    stepWeather(dt);
    stepFans(dt);
    stepServers(dt);
    stepCooling(dt);
    stepAir(dt);
    electrical.step(dt, inputs, state);
    Object.assign(state, electrical.state);
  };

  stepWeather(0.001);
  return {
    inputs,
    state,
    step(dtSeconds) {
      const steps = Math.ceil(dtSeconds / longestStep);
      for (let i = 0; i < steps; i++) advance(dtSeconds / steps);
    },
  };
}

function startInputs(): PhysicsInputs {
  return {
    fanDuty: new Array<number>(fanCount).fill(50),
    fanDead: new Array<boolean>(fanCount).fill(false),
    outletOn: new Array<boolean>(serverCount).fill(true),
    serverActivity: new Array<number>(serverCount).fill(1),
    serverLimit: new Array<number>(serverCount).fill(Infinity),
    dxCapacity: 0,
    damper: 0,
    doorOpen: false,
    mains: true,
    smoke: false,
    leak: false,
    dcLoadOn: true,
    dcSetpoint: 54,
    chargeLimit: 20,
    modulesOk: rectifierModules,
  };
}

function startState(): Omit<PhysicsState, keyof ElectricalState> {
  return {
    time: 0,
    outdoor: 18,
    outdoorHumidity: 50,
    cold: 22,
    hot: 32,
    mass: 42,
    inlet: 23,
    inletHumidity: 45,
    outletHumidity: 25,
    supply: 22,
    fanSpeed: new Array<number>(fanCount).fill(fanTopSpeed / 2),
    airflow: topFlow / 2,
    fanPower: 24,
    serverPower: new Array<number>(serverCount).fill(150),
    itPower: 150 * serverCount,
    dxCooling: 0,
    dxPower: 0,
  };
}

/** A fan starts at 20 % duty and keeps turning down to 10 %. */
function fanTarget(inputs: PhysicsInputs, powered: boolean, speed: number, i: number): number {
  const duty = inputs.fanDuty[i] ?? 0;
  const turning = speed > 0.02 * fanTopSpeed;
  if (!powered || inputs.fanDead[i] === true || duty < (turning ? 10 : 20)) return 0;
  return (fanTopSpeed * Math.min(duty, 100)) / 100;
}

const standbyPower = 9; // W, for the BMC alone
const deepestLimit = 0.6; // of the idle power; no limit brings a server below

type Load = (dt: number, on: boolean, inlet: number, activity: number, limit: number) => number;

/** A server: idle and busy power, wandering use, slower when its inlet is above 40 °C. */
function createLoad(random: Random): Load {
  const idle = 75 + 10 * random.next();
  let use = 0.6;
  let watts = 150;
  return (dt, on, inlet, activity, limit) => {
    use += ((0.6 - use) / 900) * dt + 0.004 * Math.sqrt(dt) * random.normal();
    use = Math.min(1, Math.max(0, use));
    const working = (idle + 110 * use) * (inlet > 40 ? 0.7 : 1) * activity;
    const limited = activity === 0 ? standbyPower : Math.min(working, Math.max(limit, deepestLimit * idle));
    const tau = !on ? 0.2 : activity === 0 ? 0.5 : 8;
    watts += ((on ? limited : 0) - watts) * (1 - Math.exp(-dt / tau));
    return watts;
  };
}
