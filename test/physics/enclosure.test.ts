import assert from "node:assert/strict";
import { test } from "node:test";
import { createEnclosure, massConductance } from "../../simulators/physics/enclosure.ts";
import { airHeat, standardDensity } from "../../simulators/physics/forcing.ts";
import { fanPower } from "../../simulators/physics/fans.ts";
import {
  adiabatic,
  dxHeatFor,
  outdoorShareFor,
  steadyImbalance,
  steadyState,
  timeConstants,
} from "../../simulators/physics/steady.ts";
import {
  apart,
  digits,
  enclosureAt,
  type Five,
  fiveOf,
  forcingOf,
  near,
  run,
  siteOf,
  vectors,
} from "./support.ts";

const shells = { cabinet: siteOf("cabinet").enclosure, container: siteOf("container").enclosure };
const steadyCase = (id: string): (typeof vectors.steady)[number] => {
  const found = vectors.steady.find((one) => one.id === id);
  assert.ok(found, `there is a case ${id}`);
  return found;
};
const asFive = (t: ReturnType<typeof steadyState>): Five => ({
  Tc: t.cold,
  Th: t.hot,
  Tm: t.mass,
  Tw: t.wall,
  Tb: t.battery,
});

test("the parameters shipped are those the vectors were worked out with", () => {
  for (const name of ["cabinet", "container"] as const) {
    const given = vectors.parameters[name];
    const { enclosure: e, fans, dx, servers } = siteOf(name);
    assert.deepEqual(
      [
        e.cold,
        e.hot,
        e.mass,
        e.wall,
        e.battery,
        e.coldToWall,
        e.hotToWall,
        e.wallToOutdoors,
        e.coldToBattery,
      ],
      ["Cc", "Ch", "Cm", "Cw", "Cb", "Ucw", "Uhw", "Uwo", "Ucb"].map((key) => given[key]),
    );
    assert.deepEqual(
      [e.massToHot, e.nominalFlow, e.infiltration, e.solarAperture, fans.count, fans.topSpeed],
      ["Um0", "V0", "Ginf", "Asol", "nf", "nmax"].map((key) => given[key]),
    );
    assert.deepEqual(
      [fans.fullWatts, fans.idleWatts, dx.ratedWatts, dx.ratedCop],
      ["Pf", "Pidle", "Qr", "COPr"].map((key) => given[key]),
    );
    const each =
      servers.idleWatts + (servers.busyWatts - servers.idleWatts) * servers.utilisation + servers.fanWatts;
    near(each * servers.count, given["P"] ?? NaN, 1e-9, `${name}: load of the servers`);
  }
});

test("steady states in closed form, to 1e-9 K and the rounding of the inputs", () => {
  for (const one of vectors.steady) {
    const shell = shells[one.site];
    const forcing = forcingOf(shell, one.inputs);
    near(standardDensity * airHeat * one.inputs.V, one.G_W_per_K, 1e-9 * one.G_W_per_K, `${one.id} G`);
    near(massConductance(shell, one.inputs.V), one.Um_W_per_K, 1e-10 * one.Um_W_per_K, `${one.id} Um`);
    const state = steadyState(shell, forcing);
    // the heat of DX is printed to ten digits: half of the last one is 4e-9 K
    const tolerance = one.id === "E2b" || one.id === "E3b" ? 5e-9 : 1e-9;
    assert.ok(apart(asFive(state), one.result) <= tolerance, `${one.id}: ${JSON.stringify(state)}`);
    near(steadyImbalance(shell, forcing, state), 0, 1e-8, `${one.id} balance, W`);
  }
});

test("the dynamic model comes to every steady state", () => {
  for (const one of vectors.steady) {
    const shell = shells[one.site];
    const enclosure = createEnclosure(shell, one.inputs.To);
    run(enclosure, forcingOf(shell, one.inputs), 30 * Math.max(...one.timeConstants_s), 10);
    const off = apart(fiveOf(enclosure), one.result);
    assert.ok(off < 1e-8, `${one.id} is ${off} K away`);
    near(enclosure.imbalance(), 0, 1e-5, `${one.id} imbalance, J`);
  }
});

test("warm-ups by RK4 with steps of 1 s, to 1e-6 K", () => {
  for (const one of vectors.transient) {
    const shell = shells[one.site];
    const enclosure = createEnclosure(shell, one.T0);
    const forcing = forcingOf(shell, one.inputs);
    let now = 0;
    for (const sample of one.samples) {
      run(enclosure, forcing, sample.t - now, 1);
      now = sample.t;
      const off = apart(fiveOf(enclosure), sample);
      assert.ok(off < 1e-6, `${one.id} at ${sample.t} s is ${off} K away`);
    }
  }
});

test("longer steps are as good as was worked out for the two hours of E1", () => {
  const one = vectors.transient.find(({ id }) => id === "E1-warmup");
  assert.ok(one, "there is a warm-up of E1");
  const shell = shells.cabinet;
  const forcing = forcingOf(shell, one.inputs);
  for (const [dt, most] of [
    [1, 5e-8],
    [5, 4.05e-5],
    [10, 1.1e-3],
  ] as const) {
    const coarse = createEnclosure(shell, one.T0);
    const fine = createEnclosure(shell, one.T0);
    let worst = 0;
    for (let t = 0; t < 7200; t += dt) {
      coarse.step(forcing, dt);
      run(fine, forcing, dt, 0.1);
      worst = Math.max(worst, apart(fiveOf(coarse), fiveOf(fine)));
    }
    assert.ok(worst <= most, `steps of ${dt} s: ${worst} K`);
    assert.ok(
      worst > most / 100,
      `steps of ${dt} s are no worse than ${worst} K: is this comparing anything?`,
    );
  }
});

test("time constants, to the digits given", () => {
  for (const one of vectors.steady) {
    const found = timeConstants(shells[one.site], forcingOf(shells[one.site], one.inputs));
    assert.equal(found.length, 5);
    found.forEach((tau, i) =>
      digits(tau, one.timeConstants_s[i] ?? NaN, one.timeConstants_s[i]! > 10 ? 5 : 4, one.id),
    );
  }
});

test("a step beyond what is stable is refused, with the longest one named", () => {
  const shell = shells.container;
  const forcing = forcingOf(shell, { V: 3, d: 0, To: 20, P: 24_000 });
  const enclosure = createEnclosure(shell, 20);
  const [shortest = NaN] = timeConstants(shell, forcing);
  digits(shortest, 4.1, 2, "smallest time constant");
  const longest = enclosure.longestStep(forcing);
  assert.ok(longest <= 2.785 * shortest && longest > 0.97 * 2.785 * shortest, `${longest} s`);
  enclosure.step(forcing, longest);
  assert.throws(() => enclosure.step(forcing, 1.01 * 2.785 * shortest), /not stable .* at most 11\.\d s/);
  for (const dt of [0, -1, NaN]) assert.throws(() => enclosure.step(forcing, dt), RangeError);
});

test("what swings dies away at nearly the longest step", () => {
  const shell = shells.container;
  const forcing = forcingOf(shell, { V: 3, d: 0, To: 20, P: 0 });
  const enclosure = enclosureAt(shell, { Tc: 30, Th: 10, Tm: 20, Tw: 20, Tb: 20 });
  const dt = 0.98 * enclosure.longestStep(forcing);
  for (let i = 0; i < 5000; i++) enclosure.step(forcing, dt);
  const left = apart(fiveOf(enclosure), { Tc: 20, Th: 20, Tm: 20, Tw: 20, Tb: 20 });
  assert.ok(left < 0.1, `${left} K are left`);
});

test("damper and DX heat for a target are the inverses", () => {
  const e3a = steadyCase("E3a");
  const open = outdoorShareFor(shells.container, forcingOf(shells.container, { ...e3a.inputs, d: 0 }), 22);
  near(open, e3a.inputs.d, 1e-11, "E3a d");
  const g = e3a.G_W_per_K;
  near(adiabatic.outdoorShare(484.711111111, 24_000, g, 17), 0.4158, 5e-5, "adiabatic d");
  near(
    adiabatic.coldRise(484.711111111, 24_000, g, adiabatic.outdoorShare(484.711111111, 24_000, g, 17)),
    17,
    1e-9,
    "",
  );
  for (const [id, target] of [
    ["E2b", 27],
    ["E3b", 24],
  ] as const) {
    const one = steadyCase(id);
    const heat = dxHeatFor(shells[one.site], forcingOf(shells[one.site], one.inputs), target);
    near(heat, one.inputs.Qdx ?? NaN, 1e-7 * heat, id);
  }
});

test("open-loop steps: container", () => {
  const e3a = steadyCase("E3a");
  const shell = shells.container;
  const change = (to: Partial<typeof e3a.inputs>, seconds: number): number => {
    const enclosure = enclosureAt(shell, e3a.result);
    run(enclosure, forcingOf(shell, { ...e3a.inputs, ...to }), seconds, 1);
    return fiveOf(enclosure).Tc - e3a.result.Tc;
  };
  const final = (to: Partial<typeof e3a.inputs>): number =>
    steadyState(shell, forcingOf(shell, { ...e3a.inputs, ...to })).cold - e3a.result.Tc;
  const more = { d: e3a.inputs.d + 0.05 };
  digits(change(more, 60), -1.53, 3, "damper, 60 s");
  digits(final(more), -2.97, 3, "damper, final");
  // more flow takes more fan power
  const faster = { V: 1.9, Qfan: 6 * fanPower(siteOf("container").fans, 1.9 / 3) };
  digits(change(faster, 60), -0.05, 1, "flow, 60 s");
  digits(final(faster), -1.56, 3, "flow, final");
});

test("open-loop steps: cabinet", () => {
  const shell = shells.cabinet;
  const inputs = { V: 0.1, d: 0.5, To: 10, P: 1200, Qfan: 23.5 };
  const settled = steadyState(shell, forcingOf(shell, inputs));
  const change = (to: Partial<typeof inputs>, seconds: number): number => {
    const enclosure = enclosureAt(shell, asFive(settled));
    run(enclosure, forcingOf(shell, { ...inputs, ...to }), seconds, 1);
    return fiveOf(enclosure).Tc - settled.cold;
  };
  const table = [
    [10, -0.27],
    [30, -0.57],
    [60, -0.74],
    [120, -0.83],
    [600, -0.98],
    [3600, -1.24],
  ] as const;
  for (const [seconds, kelvin] of table) near(change({ d: 0.55 }, seconds), kelvin, 0.006, `${seconds} s`);
  digits(steadyState(shell, forcingOf(shell, { ...inputs, d: 0.55 })).cold - settled.cold, -1.35, 3, "final");
});

test("open-loop steps: container, as sampled for its loop", () => {
  const shell = shells.container;
  const { inputs, result } = steadyCase("E3a");
  for (const [seconds, kelvin] of [
    [10, -0.57],
    [30, -1.17],
    [60, -1.53],
    [120, -1.72],
    [600, -2.06],
    [3600, -2.63],
  ] as const) {
    const enclosure = enclosureAt(shell, result);
    run(enclosure, forcingOf(shell, { ...inputs, d: inputs.d + 0.05 }), seconds, 1);
    near(fiveOf(enclosure).Tc - result.Tc, kelvin, 0.006, `${seconds} s`);
  }
});

test("open-loop steps: more DX, from the steady holds", () => {
  for (const [id, watts, seconds, kelvin] of [
    ["E3b", 1000, 60, -0.53],
    ["E3b", 1000, 1200, -1.57],
    ["E2b", 100, 60, -0.7],
  ] as const) {
    const { site, inputs, result } = steadyCase(id);
    const enclosure = enclosureAt(shells[site], result);
    run(enclosure, forcingOf(shells[site], { ...inputs, Qdx: (inputs.Qdx ?? 0) + watts }), seconds, 1);
    near(fiveOf(enclosure).Tc - result.Tc, kelvin, 0.00505, `${id} + ${watts} W at ${seconds} s`);
  }
});

test("loss of DX", () => {
  for (const [id, start, course] of [
    ["E3b", 24, [28.9, 37.9, 42.5, 45.6, 59.4]],
    ["E2b", 27, [31.1, 38.4, 42.0, 44.2, 53.8]],
  ] as const) {
    const one = steadyCase(id);
    const enclosure = enclosureAt(shells[one.site], one.result);
    const forcing = forcingOf(shells[one.site], { ...one.inputs, Qdx: 0 });
    near(fiveOf(enclosure).Tc, start, 1e-9, id);
    let now = 0;
    [10, 60, 180, 300, 900].forEach((t, i) => {
      run(enclosure, forcing, t - now, 1);
      now = t;
      near(fiveOf(enclosure).Tc, course[i] ?? NaN, 0.051, `${id} at ${t} s`);
    });
  }
});

test("E8: a cold start, to the second", () => {
  const one = steadyCase("E8a");
  const shell = shells.cabinet;
  const enclosure = createEnclosure(shell, -40);
  const forcing = forcingOf(shell, one.inputs);
  const passed = new Map<string, number>();
  const watch: readonly (readonly [string, keyof Five, number])[] = [
    ["Tc > 0", "Tc", 0],
    ["Tc > 5", "Tc", 5],
    ["Tm > 0", "Tm", 0],
    ["Tb > -20", "Tb", -20],
    ["Tb > 0", "Tb", 0],
  ];
  for (let t = 1; t <= 30_000; t++) {
    enclosure.step(forcing, 1);
    const now = fiveOf(enclosure);
    for (const [name, key, limit] of watch) if (now[key] > limit && !passed.has(name)) passed.set(name, t);
  }
  const expected: readonly (readonly [string, number])[] = [
    ["Tc > 0", 4570],
    ["Tc > 5", 6397],
    ["Tm > 0", 7495],
    ["Tb > -20", 12_930],
    ["Tb > 0", 27_950],
  ];
  for (const [name, seconds] of expected) {
    near(passed.get(name) ?? NaN, seconds, seconds > 10_000 ? 6 : 1, name); // four digits, and the second we count in
  }
});

test("E8: what the heater must give, and what a pad on the battery does", () => {
  const shell = shells.cabinet;
  const { inputs } = steadyCase("E8a");
  const at = (watts: number, pad = 0): ReturnType<typeof steadyState> =>
    steadyState(shell, { ...forcingOf(shell, { ...inputs, Qheat: watts }), battery: pad });
  digits(at(1001).cold - at(1000).cold, 0.07274, 4, "slope, K/W");
  near(at(596.2).mass, 0, 0.05 * 0.07274, "heat that holds the equipment at 0 °C");
  digits(at(1000, 100).battery - at(1000, 100).cold, 16.7, 3, "pad, K");
});
