import assert from "node:assert/strict";
import { test } from "node:test";
import { parallelFlow, solveFlow, speedForFlow, speedToRestore } from "../../simulators/physics/airflow.ts";
import {
  currentFor,
  effectiveCurrent,
  openCircuit,
  peukertHours,
  secondsAt,
  secondsOfLinear,
  stepBattery,
  createBattery,
  temperatureFactor,
} from "../../simulators/physics/battery.ts";
import { biquadratic, linear, lostAtCoil, onOffCycle, partLoadPower } from "../../simulators/physics/dx.ts";
import { createFan, countedSpeed, fanPower, periodQuantum, stepFan } from "../../simulators/physics/fans.ts";
import type { BatteryParameters, FanParameters } from "../../simulators/physics/parameters.ts";
import {
  dewPoint,
  enthalpy,
  humidityRatio,
  relativeHumidity,
  saturatedRatio,
  saturationPressure,
  saturationPressureIce,
  wetBulb,
} from "../../simulators/physics/psychrometrics.ts";
import { createStream } from "../../simulators/physics/random.ts";
import { digits, near, siteOf, vectors } from "./support.ts";

const fansOf = (site: "cabinet" | "container"): FanParameters => siteOf(site).fans;

test("fans in parallel: flow, share and speed to restore, to the eight digits given", () => {
  for (const { site, a_Pa, b, k, table } of vectors.fans.sites) {
    const p = fansOf(site);
    assert.deepEqual([p.pressure, p.slope], [a_Pa, b]);
    near(p.resistance, k, 1e-10, "k");
    const all = p.count;
    for (const row of table) {
      const what = `${site}, ${row.running} fans`;
      digits(parallelFlow(p, row.running, 1), row.flowAtFullSpeed_m3s, 8, what);
      digits(parallelFlow(p, row.running, 1) / parallelFlow(p, all, 1), row.ratioToAll, 8, what);
      digits(speedToRestore(p, all, row.running), row.speedFactorForSameFlow, 8, what);
    }
  }
});

test("fans in parallel: the solver agrees with the closed form wherever there is one", () => {
  for (const site of ["cabinet", "container"] as const) {
    const p = { ...fansOf(site), backDraughtDamper: true };
    for (let running = 1; running <= p.count; running++) {
      for (const speed of [0.1, 0.37, 1]) {
        const speeds = new Float64Array(p.count);
        for (let i = 0; i < running; i++) speeds[i] = speed * (1 + i * 1e-12); // not quite alike
        const found = solveFlow(p, speeds, p.resistance, 0.01);
        near(found, parallelFlow(p, running, speed), 1e-9, `${site}, ${running} at ${speed}`);
      }
    }
  }
});

test("a fan at rest without shutter lets air back; one that turns backwards takes more", () => {
  const p = fansOf("cabinet");
  const flow = (last: number, shutter: boolean): number =>
    solveFlow({ ...p, backDraughtDamper: shutter }, Float64Array.of(1, 1, 1, last), p.resistance, 0.1);
  const shut = flow(0, true);
  const leaking = flow(0, false);
  near(shut, parallelFlow(p, 3, 1), 1e-12, "three fans");
  // what the three move at that pressure, less an orifice of 4b
  const pressure = p.resistance * leaking ** 2;
  const balance =
    3 * Math.sqrt((p.pressure - pressure) / p.slope) - Math.sqrt(pressure / (4 * p.slope)) - leaking;
  near(balance, 0, 1e-9, "flows through the plenum");
  assert.ok(flow(-1, true) < leaking && leaking < shut, `${flow(-1, true)} < ${leaking} < ${shut}`);
  assert.equal(solveFlow(p, Float64Array.of(-1, -1, -1, 0.3), p.resistance, 0.1), 0);
  assert.equal(solveFlow(p, Float64Array.of(0, 0, 0, 0), p.resistance, 0.1), 0);
});

test("fan power, and E5: one of four fans fails", () => {
  for (const { site, speed, P_W } of vectors.fans.power) {
    const p = fansOf(site);
    near(p.count * fanPower(p, speed), P_W, 1e-9, `${site} at ${speed}`);
  }
  const p = fansOf("cabinet");
  near(parallelFlow(p, 4, 0.5), 0.1, 1e-12, "four at half speed");
  digits(parallelFlow(p, 3, 0.5), 0.08257, 4, "three at half speed");
  const speed = speedForFlow(p, 3, 0.1);
  digits(speed, 0.6055, 4, "speed to restore");
  digits(speed * p.topSpeed, 2422, 4, "rpm");
  digits(3 * fanPower(p, speed), 27.81, 4, "power");
  digits((100 * 3 * fanPower(p, speed)) / (4 * fanPower(p, 0.5)) - 100, 18.35, 4, "%");
});

test("a tachometer counts whole pulses: E5", () => {
  const p = fansOf("cabinet");
  const speed = 2422 / p.topSpeed;
  assert.equal(countedSpeed(p, speed, 1), 2400);
  assert.equal(countedSpeed(p, speed, 1, 0.5), 2430);
  assert.equal(countedSpeed(p, speed, 15), 2422);
  assert.equal(countedSpeed(p, speed, 15, 0.5) % 2, 0);
  near(periodQuantum(3000, 1e-5, 2), 3, 1e-12, "quantum by period, rpm");
});

test("a fan speeds up in 2 s and slows down in 4 s, starts at 20 % and stalls below 10 %", () => {
  const parameters = { ...fansOf("cabinet"), yearlyWear: 1 };
  const at = (dt: number) => ({
    ...{ parameters, powered: true, dt, random: createStream(1, "fan") },
    ...{ up: Math.exp(-dt / 2), down: Math.exp(-dt / 4) },
  });
  const fan = createFan(parameters, 50);
  stepFan(fan, 100, "none", at(2));
  near(fan.speed, 1 - 0.5 * Math.exp(-1), 1e-12, "after one time constant up");
  near(fan.meanSpeed, 1 - 0.5 * (1 - Math.exp(-1)), 1e-12, "mean");
  let joules = 0;
  const fine = createFan(parameters, 50);
  for (let i = 0; i < 2000; i++) {
    stepFan(fine, 100, "none", at(0.001));
    joules += fine.watts * 0.001;
  }
  near(fan.watts * 2, joules, 1e-6, "energy of one long and of many short steps");
  for (let i = 0; i < 100; i++) stepFan(fan, 9.9, "none", at(1));
  near(fan.speed, 0, 1e-6, "stalled");
  for (let i = 0; i < 100; i++) stepFan(fan, 19.9, "none", at(1));
  near(fan.speed, 0, 1e-6, "19.9 % does not start it");
  stepFan(fan, 20, "none", at(0.5));
  assert.equal(fan.turning, false, "starting takes 1 s");
  for (let i = 0; i < 100; i++) stepFan(fan, 20, "none", at(1));
  near(fan.speed, 0.2, 1e-6, "20 % does");
  for (let i = 0; i < 100; i++) stepFan(fan, 10, "none", at(1));
  near(fan.speed, 0.1, 1e-6, "and 10 % keeps it running");
});

test("faults of a fan", () => {
  const parameters = { ...fansOf("cabinet"), yearlyWear: 1 };
  const random = createStream(1, "fan");
  const at = { parameters, powered: true, dt: 1, random, up: Math.exp(-1 / 2), down: Math.exp(-1 / 4) };
  const settle = (fault: Parameters<typeof stepFan>[2], demand: number): ReturnType<typeof createFan> => {
    const fan = createFan(parameters, 50);
    for (let i = 0; i < 100; i++) stepFan(fan, demand, fault, at);
    return fan;
  };
  near(settle("locked", 80).speed, 0, 1e-6, "locked");
  assert.equal(settle("locked", 80).watts, parameters.lockedWatts);
  near(settle("worn", 80).speed, 0.56, 1e-6, "worn");
  near(settle("stuck-duty", 80).speed, 0.5, 1e-6, "stuck duty");
  near(settle("bus-lost", 20).speed, parameters.lossDuty / 100, 1e-6, "bus lost");
  const sometimes = createFan(parameters, 50);
  const seen = new Set<boolean>();
  for (let i = 0; i < 2000; i++) {
    stepFan(sometimes, 50, "intermittent", at);
    seen.add(sometimes.speed > 0.3);
  }
  assert.equal(seen.size, 2, "an intermittent fan both runs and rests");
});

test("psychrometrics: every row, to the digits given", () => {
  const p = vectors.psychrometrics.pressure_hPa * 100;
  for (const row of vectors.psychrometrics.rows) {
    const what = `${row.T} °C, ${row.RH} %`;
    const w = humidityRatio(row.T, row.RH, p);
    near(saturationPressure(row.T) / 100, row.es_hPa, 5e-7 * row.es_hPa, `${what} es`);
    near(dewPoint(row.T, row.RH), row.Td, 1e-6, `${what} dew point`);
    near(w, row.w, 1e-7 * row.w, `${what} w`);
    near(enthalpy(row.T, w), row.h_kJ_per_kg, 1e-6 * row.h_kJ_per_kg, `${what} h`);
    near(wetBulb(row.T, w, p), row.Twb, 5.1e-6, `${what} wet bulb`);
  }
  for (const { from, heatedTo, RH } of vectors.psychrometrics.carry) {
    digits(
      relativeHumidity(heatedTo, humidityRatio(from.T, from.RH, p), p),
      RH,
      8,
      `${from.T} °C to ${heatedTo} °C`,
    );
  }
});

test("psychrometrics: further checks of the table, and the trap of enthalpy", () => {
  digits(saturationPressure(40) / 100, 73.67, 4, "es(40)");
  digits(saturationPressureIce(-10) / 100, 2.599, 4, "es over ice at −10");
  digits(saturationPressure(-10) / 100, 2.87, 3, "es over water at −10");
  digits(relativeHumidity(33.2, humidityRatio(5, 80)), 13.74, 4, "5 °C, 80 % at 33.2 °C");
  digits(wetBulb(27, humidityRatio(27, 50)), 19.54, 4, "wet bulb (27, 50)");
  digits(wetBulb(26.7, humidityRatio(26.7, 50)), 19.29, 4, "wet bulb (26.7, 50)");
  digits(enthalpy(24, humidityRatio(24, 40)), 42.97, 4, "h(24, 40)");
  assert.ok(
    enthalpy(24, humidityRatio(24, 90)) > enthalpy(33, humidityRatio(33, 30)),
    "the cooler air holds more",
  );
});

test("a coil: E6", () => {
  const entering = humidityRatio(27, 60);
  const leaving = entering - lostAtCoil(entering, saturatedRatio(10), 0.2);
  digits(entering, 0.01338, 4, "w in");
  digits(leaving, 0.00877, 4, "w out");
  digits(relativeHumidity(15, leaving), 82.8, 4, "RH at 15 °C");
  digits((entering - leaving) * 0.18 * 3600, 2.988, 4, "condensate, kg/h");
  assert.equal(lostAtCoil(0.004, saturatedRatio(10), 0.2), 0, "dry air stays as it is");
});

test("DX at full load: both levels, to the digits given; arguments are clamped, not extrapolated", () => {
  for (const { site, To, Q_W, COP } of vectors.dx.linear) {
    near(linear.capacity(siteOf(site).dx, To), Q_W, 1e-9 * Q_W, `${site} ${To} °C`);
    near(linear.cop(siteOf(site).dx, To), COP, 1e-12, `${site} ${To} °C`);
  }
  for (const { wetBulbIn, outdoor, capF, eirF } of vectors.dx.biquadratic) {
    digits(biquadratic.capacity(wetBulbIn, outdoor), capF, 8, `cap(${wetBulbIn}, ${outdoor})`);
    digits(biquadratic.inputRatio(wetBulbIn, outdoor), eirF, 8, `eir(${wetBulbIn}, ${outdoor})`);
  }
  assert.equal(biquadratic.capacity(0, 80), biquadratic.capacity(12.8, 46.1));
  assert.equal(biquadratic.inputRatio(40, -30), biquadratic.inputRatio(23.9, 18));
  near(biquadratic.capacityOfFlow(1), 1, 1e-12, "capFF");
  near(biquadratic.inputRatioOfFlow(1), 1, 1e-12, "eirFF");
  digits(
    partLoadPower(26_455.97, 36_000, 3.2),
    8610,
    3,
    "E3b at part load: 8267 W over its part-load factor",
  );
});

test("E4: one lump on a thermostat", () => {
  const v = vectors.dxCycle;
  const lump = {
    capacity: v.C,
    conductance: v.UA,
    outdoor: 40,
    heat: v.P_W,
    cooling: v.Qdx_W,
    onAt: 27,
    offAt: 23,
  };
  const { on, off } = onOffCycle(lump);
  near(on, v.t_on_s, 1e-5, "on");
  near(off, v.t_off_s, 1e-5, "off");
  near(3600 / (on + off), v.startsPerHour, 1e-7, "starts per hour");
  near(on / (on + off), v.duty, 1e-8, "duty");
});

const vrla = siteOf("cabinet").battery;
const lfp: BatteryParameters = { ...siteOf("container").battery, ampereHours: 200, ohms: 0.02, peukert: 1 };

test("battery: Peukert, terminal voltage, constant power in closed form", () => {
  for (const { I, t_h } of vectors.battery.peukert.rows) digits(peukertHours(vrla, I), t_h, 9, `${I} A`);
  for (const { I, t_h } of vectors.battery.peukert.rows) {
    near(vrla.ampereHours / effectiveCurrent(vrla, I), t_h, 1e-6, `rate of use at ${I} A`);
  }
  const { OCV, R, P_W, I } = vectors.battery.terminal;
  digits(currentFor(OCV, R, P_W), I, 8, "current");
  digits(OCV - I * R, 48.54, 4, "voltage");
  digits(I * I * R, 20.38, 4, "loss");
  digits(currentFor(52.56, 0.02, 1200), 23.03, 4, "LFP current");
  assert.equal(currentFor(49.32, 0.03, 25_000), -1, "more than it can give");
  const c = vectors.battery.constantPowerLinearOcv;
  const cell = { capacity: c.C_Ah, empty: c.V0, slope: c.slope_V_per_soc };
  digits(secondsOfLinear(c.P_W, cell, c.from, c.to), c.t_s, 8, "s");
  near(openCircuit(vrla, 0.2), c.V0 + 0.2 * c.slope_V_per_soc, 1e-9, "voltage of our cells at 0.2");
  near(openCircuit(vrla, 1), c.V0 + c.slope_V_per_soc, 1e-9, "and full");
});

test("battery: stepped through time it lasts as long as the closed forms say", () => {
  const drain = (p: BatteryParameters, stages: readonly (readonly [watts: number, to: number])[]): number => {
    const battery = createBattery({ ...p, selfDischargePerDay: 0, soc: 1 });
    let seconds = 0;
    for (const [watts, to] of stages) {
      while (battery.soc > to) {
        const current = currentFor(openCircuit(p, battery.soc), p.ohms, watts);
        stepBattery(battery, { ...p, selfDischargePerDay: 0, lifeYears: 50 }, -current, {
          celsius: 25,
          fade: 0,
          dt: 2,
        });
        seconds += 2;
      }
    }
    return seconds;
  };
  const c = vectors.battery.constantPowerLinearOcv;
  near(drain({ ...vrla, peukert: 1, ohms: 0 }, [[c.P_W, c.to]]), c.t_s, 10, "VRLA without resistance");
  digits(drain(lfp, [[1265, 0.1]]) / 3600, 7.407, 4, "LFP at 1265 W, h");
  const shed = [
    [1265, 0.6],
    [800, 0.3],
    [350, 0.1],
  ] as const;
  digits(drain(lfp, shed) / 3600, 13.11, 4, "LFP with loads shed, h");
  near(secondsAt(lfp, 1265, { from: 1, to: 0.1, capacity: 200 }) / 3600, 7.407, 5e-4, "the estimate agrees");
});

test("battery: capacity over temperature", () => {
  near(temperatureFactor(lfp, 25), 1, 1e-12, "LFP 25");
  near(temperatureFactor(lfp, 0), 0.88, 1e-12, "LFP 0");
  near(temperatureFactor(lfp, -20), 0.65, 1e-12, "LFP −20");
  near(temperatureFactor(vrla, 15), 0.92, 1e-12, "VRLA 15");
});
