import { pidInit, type PidSettings, pidStep, pidWith } from "../../controllers/library/pid.ts";
import { velocityFromRest, velocityInit, velocityStep } from "../../controllers/library/velocity.ts";
import { plantOf } from "./plants.ts";
import type { Case } from "./vectors.ts";

export interface Run {
  readonly t: readonly number[];
  readonly sp: readonly number[];
  readonly y: readonly number[];
  readonly u: readonly number[];
}

const antiWindup = { none: "none", clamp: "conditional", backcalc: "back-calculation" } as const;

export const settingsOf = ({ controller: c }: Case): PidSettings =>
  pidWith({
    action: c.Kc < 0 ? "direct" : "reverse",
    gain: Math.abs(c.Kc),
    integralTime: c.Ti ?? 0,
    derivativeTime: c.Td ?? 0,
    derivativeFilter: c.N ?? 10,
    derivativeOn: c.d_on ?? "measurement",
    outputMin: c.lo ?? -1e6,
    outputMax: c.hi ?? 1e6,
    slewUp: c.slew_up ?? 0,
    slewDown: c.slew_dn ?? 0,
    antiWindup: antiWindup[c.aw ?? "none"],
    trackingTime: c.Tt ?? 0,
  });

const whole = (text: string): number => Number(/^-?[\d.]+/.exec(text)?.[0]);

/** A case of the vectors, from its own text, with our loop. */
export function runCase(one: Case, form: "position" | "velocity" = formOf(one)): Run {
  const settings = settingsOf(one);
  const plant = plantOf(one.plant, one.Ts, one.y0, one.u0);
  const output = one.controller.u_init ?? 0;
  let state = pidInit(one.controller.I0 ?? 0, output);
  let velocity = one.form === undefined ? velocityFromRest(output) : velocityInit(output);
  const [t, sp, y, u]: number[][] = [[], [], [], []];
  for (let k = 0; k <= one.steps; k++) {
    const at = k * one.Ts;
    const input = { setpoint: whole(one.sp), pv: plant.y(), dt: one.Ts, nominal: one.Ts };
    const manual = one.manual !== undefined && at < one.manual.until_s ? { manual: one.manual.u } : {};
    let sent: number;
    if (form === "position") {
      const step = pidStep(state, { ...input, ...manual }, settings);
      ({ state, output: sent } = step);
    } else {
      const step = velocityStep(velocity, input, settings);
      ({ state: velocity, output: sent } = step);
    }
    t!.push(at);
    sp!.push(input.setpoint);
    y!.push(input.pv);
    u!.push(sent);
    plant.hold(sent + whole(one.loadDisturbance));
  }
  return { t: t!, sp: sp!, y: y!, u: u! };
}

const formOf = (one: Case) => (one.form === undefined ? "position" : "velocity");

export interface Figures {
  readonly IAE: number;
  readonly IE: number;
  readonly ISE: number;
  readonly TV_u: number;
  readonly y_max: number;
  readonly t_y_max: number;
  readonly y_min: number;
  readonly t_y_min: number;
  readonly y_end: number;
  readonly u_end: number;
}

export function figuresOf(run: Run, ts: number, first: number): Figures {
  const error = run.y.map((y, k) => run.sp[k]! - y);
  const sum = (of: (e: number) => number) => ts * error.reduce((total, e) => total + of(e), 0);
  const top = run.y.indexOf(Math.max(...run.y));
  const bottom = run.y.indexOf(Math.min(...run.y));
  return {
    IAE: sum(Math.abs),
    IE: sum((e) => e),
    ISE: sum((e) => e * e),
    TV_u: run.u.reduce((total, u, k) => total + Math.abs(u - (k === 0 ? first : run.u[k - 1]!)), 0),
    y_max: run.y[top]!,
    t_y_max: run.t[top]!,
    y_min: run.y[bottom]!,
    t_y_min: run.t[bottom]!,
    y_end: run.y.at(-1)!,
    u_end: run.u.at(-1)!,
  };
}
