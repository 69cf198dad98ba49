import { test } from "node:test";
import type { SiteParameters } from "../../simulators/physics/parameters.ts";
import { quasiSteady } from "../../simulators/physics/quasi-steady.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { constantWeather } from "../../simulators/physics/weather.ts";
import { dry, near, setDx, setFans, siteOf, vectors } from "./support.ts";

/** Without what the closed forms leave out: leaks of the damper, dust, wear, fans that follow the heat. */
function ideal(name: "cabinet" | "container"): SiteParameters {
  const site = siteOf(name);
  const count = 2; // few and large: the same heat, sooner stepped
  const each = (name === "cabinet" ? 1200 : 24_000) / count;
  return {
    ...site,
    fans: { ...site.fans, yearlyWear: 1 },
    filter: { ...site.filter, loadPerYear: 0 },
    economiser: { ...site.economiser, leak: 0 },
    servers: {
      ...site.servers,
      count,
      idleWatts: each,
      busyWatts: each,
      fanWatts: 0,
      throttleAt: 90,
      tripAt: 100,
    },
    battery: { ...site.battery, selfDischargePerDay: 0 },
  };
}

test("through its commands the site comes to the steady states of its equations", () => {
  for (const one of vectors.steady.filter(({ id }) => id !== "E2c")) {
    const parameters = ideal(one.site);
    const { V, d, To, P, I = 0, Qdx = 0, Qheat = 0 } = one.inputs;
    const site = createSitePhysics(parameters, {
      weather: constantWeather({ ...dry, outdoor: To, irradiance: I }),
    });
    const fullFlow = vectors.parameters[one.site]["Vmax"] ?? NaN;
    setFans(site, (100 * V) / fullFlow);
    site.commands.damper = 100 * d;
    const capacity = parameters.dx.units * parameters.dx.ratedWatts * (1 - 0.01 * (To - 35));
    setDx(site, (100 * Qdx) / capacity);
    site.commands.heaterStages = Qheat / 500;
    if (P === 0) {
      site.faults.servers.fill("dead");
      site.commands.outlets.fill(false);
    }
    site.advance(30 * Math.max(...one.timeConstants_s), 10);
    const { cold, hot, mass, wall, batteryTemperature } = site.state;
    const { Tc, Th, Tm, Tw, Tb } = one.result;
    [cold - Tc, hot - Th, mass - Tm, wall - Tw, batteryTemperature - Tb].forEach((off, i) =>
      near(off, 0, 2e-6, `${one.id}, node ${i}`),
    );
  }
});

test("hourly energy at constant weather comes to the quasi-steady value within 1 %", () => {
  const rows = [
    ["cabinet", 20, 24, 50, false],
    ["cabinet", 35, 27, 50, false],
    ["cabinet", 45, 24, 100, false],
    ["cabinet", 10, 24, 50, true],
    ["cabinet", 27, 24, 50, true],
    ["container", 30, 24, (100 * 1.7) / 3, false],
    ["container", 40, 27, (100 * 1.7) / 3, false],
    ["container", 5, 24, (100 * 1.7) / 3, true],
  ] as const;
  for (const [name, outdoor, setpoint, duty, economiser] of rows) {
    const parameters = ideal(name);
    const site = createSitePhysics(parameters, {
      weather: constantWeather({ ...dry, outdoor, irradiance: 300 }),
    });
    setFans(site, duty);
    site.commands.damper = economiser ? 100 : 0;
    for (const unit of site.commands.dx) unit.setpoint = setpoint;
    site.advance(4 * 86_400, 10);
    const before = { ...site.state.energy };
    site.advance(6 * 3600, 5);
    const { energy } = site.state;
    const it = name === "cabinet" ? 1200 : 24_000;
    const flow = (duty / 100) * (vectors.parameters[name]["Vmax"] ?? NaN);
    const expected = quasiSteady(
      parameters,
      { setpoint, flow, economiser },
      { outdoor, irradiance: 300, it },
    );
    const what = `${name} ${outdoor} °C`;
    near((energy.fans - before.fans) / 6, expected.fans, 0.01 * expected.fans, `${what} fans`);
    near((energy.dx - before.dx) / 6, expected.dx, 0.01 * expected.dx, `${what} DX`);
    near((energy.it - before.it) / 6, it, 1e-6 * it, `${what} IT`);
  }
});

/** A weather that swings, so that everything moves. */
