import { readFileSync } from "node:fs";

export interface Case {
  readonly id: string;
  readonly plant: PlantSpec;
  readonly controller: {
    readonly Kc: number;
    readonly Ti?: number;
    readonly Td?: number;
    readonly N?: number;
    readonly d_on?: "measurement" | "error";
    readonly lo?: number;
    readonly hi?: number;
    readonly u_init?: number;
    readonly I0?: number;
    readonly aw?: "none" | "clamp" | "backcalc";
    readonly Tt?: number;
    readonly slew_up?: number;
    readonly slew_dn?: number;
  };
  readonly Ts: number;
  readonly steps: number;
  readonly sp: string;
  readonly loadDisturbance: string;
  readonly y0: number;
  readonly u0: number;
  readonly manual?: { readonly until_s: number; readonly u: number };
  readonly form?: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly samples: readonly { readonly t: number; readonly y: number; readonly u: number }[];
}

export type PlantSpec =
  | {
      readonly type: "fopdt";
      readonly K: number;
      readonly tau: number;
      readonly theta: number;
      readonly base?: number;
    }
  | { readonly type: "ipdt"; readonly k: number; readonly theta: number }
  | {
      readonly type: "sopdt";
      readonly K: number;
      readonly tau1: number;
      readonly tau2: number;
      readonly theta: number;
    };

export interface BmcVector {
  readonly id: string;
  readonly config: Readonly<
    Record<
      "ts" | "kp" | "ki" | "kd" | "ffoff" | "ffgain" | "imin" | "imax" | "omin" | "omax" | "sneg" | "spos",
      number
    >
  >;
  readonly samples: readonly {
    readonly input: number;
    readonly setpoint: number;
    readonly output: number;
    readonly integral: number;
  }[];
}

interface HysteresisVector {
  readonly positive: number;
  readonly negative: number;
  readonly outputs: readonly number[];
}

export interface Vectors {
  readonly cases: readonly Case[];
  readonly simcContinuous: readonly Readonly<Record<string, number>>[];
  readonly logic: {
    readonly bmcPidCore: { readonly vectors: readonly BmcVector[] };
    readonly stepwise: {
      readonly reading: readonly number[];
      readonly output: readonly number[];
      readonly inputs: readonly number[];
      readonly lastInputHysteresis: HysteresisVector;
      readonly thresholdHysteresis: HysteresisVector;
    };
    readonly trimAndRespond: readonly {
      readonly params: Readonly<
        Record<"sp0" | "min" | "max" | "trim" | "respond" | "maxRespond" | "ignore" | "Ts" | "Td", number>
      >;
      readonly requestsPerSample: readonly number[];
      readonly setpoints: readonly number[];
    }[];
  };
}

export const vectors = JSON.parse(
  readFileSync(new URL("./vectors/pid-vectors.json", import.meta.url), "utf8"),
) as Vectors;

export const caseOf = (id: string): Case => {
  const found = vectors.cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
};
