import type { FanParameters } from "./parameters.ts";
import { type RandomStream, uniform } from "./random.ts";
import type { FanFault } from "./commands.ts";
import type { FanState } from "./state.ts";

const yearSeconds = 365 * 86_400;
const wearEvery = 3600; // s of running after which wear is brought up to date
const wornHealth = 0.7;
const intermittent = { run: 60, rest: 20 }; // s, on average

export const createFan = (parameters: FanParameters, duty: number): FanState => {
  const turns = duty >= parameters.stopDuty;
  const speed = turns ? duty / 100 : 0;
  return {
    speed,
    meanSpeed: speed,
    rpm: speed * parameters.topSpeed,
    health: 1,
    duty,
    turning: turns,
    starting: 0,
    phase: 0,
    resting: false,
    shown: speed * parameters.topSpeed,
    watts: fanPower(parameters, speed),
    runSeconds: 0,
    wornUntil: 0,
    starts: 0,
  };
};

/** What one fan draws at a share of its top speed, W. */
export const fanPower = (parameters: FanParameters, speed: number): number =>
  parameters.idleWatts + parameters.fullWatts * speed * speed * speed;

/** What acts on one fan during a step. */
export interface FanStep {
  readonly parameters: FanParameters;
  readonly powered: boolean;
  /** e^(−dt/τ) for speeding up and slowing down. */
  readonly up: number;
  readonly down: number;
  readonly dt: number;
  readonly random: RandomStream;
}

/** @param demand 0..100 % */
export function stepFan(fan: FanState, demand: number, fault: FanFault, at: FanStep): void {
  const { parameters, dt } = at;
  if (fault === "bus-lost") fan.duty = parameters.lossDuty;
  else if (fault !== "stuck-duty") fan.duty = Math.min(100, Math.max(0, demand));
  const target = wantedSpeed(fan, fault, at);
  follow(fan, target, at);
  fan.rpm = fan.speed * parameters.topSpeed;
  if (fan.turning) wear(fan, parameters, dt);
  if (!at.powered) fan.watts = 0;
  else if (fault === "locked")
    fan.watts = fan.duty >= parameters.stopDuty ? parameters.lockedWatts : parameters.idleWatts;
}

/** Starting takes more duty than running, and a while; below the stop duty a fan stalls. */
function wantedSpeed(fan: FanState, fault: FanFault, at: FanStep): number {
  const { parameters, dt } = at;
  const blocked = !at.powered || fault === "locked" || (fault === "intermittent" && rests(fan, at));
  if (blocked || (fan.turning && fan.duty < parameters.stopDuty)) {
    fan.turning = false;
    fan.starting = 0;
    return 0;
  }
  if (!fan.turning) {
    fan.starting = fan.duty >= parameters.startDuty ? fan.starting + dt : 0;
    if (fan.starting === 0 || fan.starting < parameters.startTime) return 0;
    fan.turning = true;
    fan.starts++;
  }
  return (fan.duty / 100) * fan.health * (fault === "worn" ? wornHealth : 1);
}

function rests(fan: FanState, { dt, random }: FanStep): boolean {
  fan.phase -= dt;
  if (fan.phase <= 0) {
    fan.resting = !fan.resting;
    const mean = fan.resting ? intermittent.rest : intermittent.run;
    fan.phase = -mean * Math.log(1 - uniform(random));
  }
  return fan.resting;
}

/** First order towards the target, exactly, with the means of n and n³ over the step. */
function follow(fan: FanState, target: number, { parameters, up, down, dt }: FanStep): void {
  const away = fan.speed - target;
  if (away < 1e-9 && away > -1e-9) {
    fan.speed = target;
    fan.meanSpeed = target;
    fan.watts = fanPower(parameters, target);
    return;
  }
  const rising = away < 0;
  const left = rising ? up : down;
  const perStep = (rising ? parameters.spinUp : parameters.spinDown) / dt;
  const once = perStep * (1 - left);
  const twice = (perStep / 2) * (1 - left * left);
  const thrice = (perStep / 3) * (1 - left * left * left);
  const mixed = 3 * target * away * (target * once + away * twice);
  const cube = target * target * target + mixed + away * away * away * thrice;
  fan.speed = target + away * left;
  fan.meanSpeed = target + away * once;
  fan.watts = parameters.idleWatts + parameters.fullWatts * cube;
}

function wear(fan: FanState, parameters: FanParameters, dt: number): void {
  fan.runSeconds += dt;
  if (fan.runSeconds - fan.wornUntil < wearEvery) return;
  fan.health *= Math.pow(parameters.yearlyWear, (fan.runSeconds - fan.wornUntil) / yearSeconds);
  fan.wornUntil = fan.runSeconds;
}

/**
 * What a tachometer that counts pulses shows, rpm: whole pulses of the window only.
 * @param speed share of the top speed
 * @param phase where within a pulse the window begins, 0..1
 */
export function countedSpeed(
  parameters: FanParameters,
  speed: number,
  windowSeconds: number,
  phase = 0,
): number {
  const perTurn = parameters.pulsesPerTurn;
  const pulses = Math.floor(((speed * parameters.topSpeed) / 60) * perTurn * windowSeconds + phase);
  return (pulses * 60) / (perTurn * windowSeconds);
}

/** Step between two speeds a tachometer can show when it measures the time between pulses, rpm. */
export const periodQuantum = (rpm: number, clockSeconds: number, pulsesPerTurn: number): number =>
  (rpm ** 2 * clockSeconds * pulsesPerTurn) / 60;
