import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createEnclosure, type Enclosure } from "../../simulators/physics/enclosure.ts";
import { calm, type Forcing } from "../../simulators/physics/forcing.ts";
import {
  type EnclosureParameters,
  readParameters,
  type SiteParameters,
} from "../../simulators/physics/parameters.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";
import { constantWeather, type WeatherSample } from "../../simulators/physics/weather.ts";

const here = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

export type SiteName = "cabinet" | "container" | "demo";

export const siteText = (name: SiteName): string => here(`../../simulators/physics/sites/${name}.yaml`);
export const siteOf = (name: SiteName): SiteParameters => readParameters(siteText(name), `${name}.yaml`);

/** What a case of the vectors sets; absent values are 0. */
export interface CaseInputs {
  readonly V: number;
  readonly d: number;
  readonly To: number;
  readonly P: number;
  readonly Qfan?: number;
  readonly Qdx?: number;
  readonly Qheat?: number;
  readonly I?: number;
}

export interface Five {
  readonly Tc: number;
  readonly Th: number;
  readonly Tm: number;
  readonly Tw: number;
  readonly Tb: number;
}

interface SteadyCase {
  readonly id: string;
  readonly site: "cabinet" | "container";
  readonly inputs: CaseInputs;
  readonly G_W_per_K: number;
  readonly Um_W_per_K: number;
  readonly result: Five;
  readonly timeConstants_s: readonly number[];
}

interface TransientCase {
  readonly id: string;
  readonly site: "cabinet" | "container";
  readonly T0: number;
  readonly inputs: CaseInputs;
  readonly samples: readonly (Five & { readonly t: number })[];
}

interface FanSite {
  readonly site: "cabinet" | "container";
  readonly a_Pa: number;
  readonly b: number;
  readonly k: number;
  readonly table: readonly {
    readonly running: number;
    readonly flowAtFullSpeed_m3s: number;
    readonly ratioToAll: number;
    readonly speedFactorForSameFlow: number;
  }[];
}

export interface AnnualRow {
  readonly site: "cabinet" | "container";
  readonly climate: "cold" | "temperate" | "hot";
  readonly policy: string;
  readonly sp: number;
  readonly V: number;
  readonly economiser: boolean;
  readonly fan_kWh: number;
  readonly dx_kWh: number;
  readonly pPUE: number;
  readonly freeHours: number;
  readonly partialHours: number;
}

interface Vectors {
  readonly parameters: Readonly<Record<"cabinet" | "container", Readonly<Record<string, number>>>>;
  readonly steady: readonly SteadyCase[];
  readonly transient: readonly TransientCase[];
  readonly fans: {
    readonly sites: readonly FanSite[];
    readonly power: readonly {
      readonly site: "cabinet" | "container";
      readonly speed: number;
      readonly P_W: number;
    }[];
  };
  readonly psychrometrics: {
    readonly pressure_hPa: number;
    readonly rows: readonly Readonly<
      Record<"T" | "RH" | "es_hPa" | "Td" | "w" | "h_kJ_per_kg" | "Twb", number>
    >[];
    readonly carry: readonly {
      readonly from: { readonly T: number; readonly RH: number };
      readonly heatedTo: number;
      readonly RH: number;
    }[];
  };
  readonly dx: {
    readonly biquadratic: readonly Readonly<Record<"wetBulbIn" | "outdoor" | "capF" | "eirF", number>>[];
    readonly linear: readonly {
      readonly site: "cabinet" | "container";
      readonly To: number;
      readonly Q_W: number;
      readonly COP: number;
    }[];
  };
  readonly dxCycle: Readonly<
    Record<"C" | "UA" | "P_W" | "Qdx_W" | "t_on_s" | "t_off_s" | "startsPerHour" | "duty", number>
  >;
  readonly battery: {
    readonly peukert: {
      readonly C10_Ah: number;
      readonly H_h: number;
      readonly k: number;
      readonly rows: readonly { readonly I: number; readonly t_h: number }[];
    };
    readonly constantPowerLinearOcv: Readonly<
      Record<"C_Ah" | "P_W" | "V0" | "slope_V_per_soc" | "R" | "from" | "to" | "t_s", number>
    >;
    readonly terminal: Readonly<Record<"OCV" | "R" | "P_W" | "I", number>>;
  };
  readonly annual: {
    readonly climates: Readonly<Record<"cold" | "temperate" | "hot", readonly [number, number, number]>>;
    readonly rows: readonly AnnualRow[];
  };
}

export const vectors = JSON.parse(here("vectors/thermal-model-vectors.json")) as Vectors;

export function forcingOf(shell: EnclosureParameters, inputs: CaseInputs): Forcing {
  return {
    ...calm(shell),
    flow: inputs.V,
    outdoorShare: inputs.d,
    outdoor: inputs.To,
    it: inputs.P,
    fans: inputs.Qfan ?? 0,
    dx: inputs.Qdx ?? 0,
    heater: inputs.Qheat ?? 0,
    solar: shell.solarAperture * (inputs.I ?? 0),
  };
}

/** An enclosure at the temperatures of a steady state. */
export function enclosureAt(shell: EnclosureParameters, at: Five): Enclosure {
  const made = createEnclosure(shell, at.Tc);
  made.nodes.set([at.Tc, at.Th, at.Tm, at.Tw, at.Tb]);
  return made;
}

export function run(enclosure: Enclosure, forcing: Forcing, seconds: number, dt: number): void {
  for (let t = 0; t < seconds - dt / 2; t += dt) enclosure.step(forcing, dt);
}

export const fiveOf = ({ nodes }: Enclosure): Five => {
  const [Tc = NaN, Th = NaN, Tm = NaN, Tw = NaN, Tb = NaN] = nodes;
  return { Tc, Th, Tm, Tw, Tb };
};

const names = ["Tc", "Th", "Tm", "Tw", "Tb"] as const;

/** Largest difference of any node, K. */
export const apart = (a: Five, b: Five): number =>
  Math.max(...names.map((name) => Math.abs(a[name] - b[name])));

export const near = (actual: number, expected: number, tolerance: number, what: string): void => {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, not ${expected} ± ${tolerance}`);
};

/** To as many significant digits as the figure was given with. */
export const digits = (actual: number, expected: number, significant: number, what: string): void => {
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(expected))) + 1 - significant);
  near(actual, expected, 0.501 * unit, what);
};

/** Air without water, as good as. */
export const dry = { dewPoint: -50 };

/** A site in weather that never changes. */
export const created = (name: SiteName, sample: Partial<WeatherSample> = {}, seed = 1): SitePhysics =>
  createSitePhysics(siteOf(name), { weather: constantWeather(sample), seed });

/** One of several, looked at anew every time: it is live. */
export function partOf<T>(parts: readonly T[], i: number): T {
  const part = parts[i];
  assert.ok(part !== undefined, `there is a part ${i}`);
  return part;
}

export const setFans = (site: SitePhysics, duty: number): void => void site.commands.fanDuty.fill(duty);
export const setDx = (site: SitePhysics, capacity: number): void =>
  site.commands.dx.forEach((unit) => Object.assign(unit, { mode: "remote", capacity }));
