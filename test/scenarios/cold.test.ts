import assert from "node:assert/strict";
import { test } from "node:test";
import { siteParameters } from "../../simulators/sites.ts";
import { day, holds, longSite } from "./years-site.ts";

/** Everything as cold as outdoors, outlets open: as after a winter without power. */
function frozenSite(step: number, name: "demo" | "cabinet" | "container" = "demo", cold = -30) {
  const usual = siteParameters(name);
  const parameters = {
    ...usual,
    start: { ...usual.start, temperature: cold },
    pdu: { ...usual.pdu, restore: "off" as const },
  };
  const long = longSite({ parameters, weather: `constant:${cold}`, step });
  long.site.physics.commands.outlets.fill(false);
  return long;
}

for (const name of ["demo", "cabinet"] as const)
  test(`cold start of the ${name} at -30 °C: heat first, no load before it is warm, the battery not charged, then in order within 4 h, no faster than 5 K in 15 min`, () => {
    const long = frozenSite(10, name);
    const { site, alarms } = long;
    const { state, commands } = site.physics;
    const on = (): number => state.outlets.filter(({ closed }) => closed).length;
    site.advance(60);
    assert.equal(on(), 0, "held off");
    let warm = 0;
    let minutes = 1;
    for (; on() === 0 && minutes < 240; minutes++) {
      site.advance(60);
      warm = state.inlet >= 4.5 && state.mass >= -5 ? warm + 1 : 0;
      if (minutes > 2) assert.equal(state.heaterStages, 2, `${minutes} min`);
      assert.equal(commands.damper, 0);
      if (minutes > 2 && state.batteryTemperature < -22) assert.equal(commands.plant.chargeLimit, 0);
    }
    assert.ok(minutes > 30 && minutes < 240, `released after ${minutes} min`);
    assert.ok(warm >= 9, `${warm} min warm before`);
    site.score.reset();
    const order = [on()];
    for (let minute = 0; minute < 180; minute++) {
      site.advance(60);
      if (on() !== order.at(-1)) order.push(on());
    }
    assert.deepEqual(order, [1, 2, 3, 4, 5, 6, 7, 8], "one after the other");
    holds(long, [5, 27]);
    const { rate } = site.score.report();
    assert.ok(rate.hour <= 20, `${rate.hour} K in an hour`);
    assert.ok(rate.quarter <= 5, `${rate.quarter} K in 15 min`);
    assert.ok(!alarms.has("cold-start cold-start-overdue"));
    assert.ok(alarms.has("outage battery-cold"));
    assert.equal(state.dx[0]?.starts, 0);
  });

for (const [name, cold] of [
  ["demo", -4],
  ["demo", -10],
  ["cabinet", -10],
  ["container", -10],
  ["container", -30],
] as const)
  test(`cold start of the ${name} at ${cold} °C: all loads have power in the end, no faster than 5 K in 15 min and 20 K in an hour`, () => {
    const long = frozenSite(10, name, cold);
    const { site, alarms } = long;
    const { state } = site.physics;
    const on = (): number => state.outlets.filter(({ closed }) => closed).length;
    site.advance(60);
    assert.equal(on(), 0, "held off");
    for (let minutes = 0; on() === 0 && minutes < 240; minutes++) site.advance(60);
    assert.ok(on() > 0, "released within 4 h");
    site.score.reset();
    // The PDU of the model has eight outlets.
    for (let minutes = 0; on() < 8 && minutes < 180; minutes++) site.advance(60);
    assert.equal(on(), 8);
    site.advance(2 * 3600);
    holds(long, [5, 27]);
    const { rate } = site.score.report();
    assert.ok(rate.quarter <= 5, `${rate.quarter} K in 15 min`);
    assert.ok(rate.hour <= 20, `${rate.hour} K in an hour`);
    assert.ok(!alarms.has("cold-start cold-start-overdue"));
  });

test("cold start without a heater: no load is let on, and it is told after 4 h", () => {
  const { site, alarms, failed } = frozenSite(30);
  site.faults("site heater-dead 2");
  site.advance(3.9 * 3600);
  assert.ok(!alarms.has("cold-start cold-start-overdue"));
  site.advance(0.2 * 3600);
  assert.ok(alarms.has("cold-start cold-start-overdue"));
  assert.ok(site.physics.state.outlets.every(({ closed }) => !closed));
  assert.deepEqual([...failed], []);
});

test("a damper stuck open in the coldest week: told, fans at their least or still, heat, no compressor, equipment neither cold nor hot", () => {
  const long = longSite({ weather: "arctic", startHour: 12 * day });
  const { site, alarms } = long;
  const { state, commands } = site.physics;
  site.advance(5400);
  site.score.reset();
  Object.assign(state, { damper: 100, damperMotor: 100, damperFeedback: 100 });
  site.faults("dx-1 damper-stuck");
  site.advance(300);
  assert.ok(alarms.has("economiser damper-stuck"));
  let heated = 0;
  let hottest = 0;
  for (let minute = 0; minute < 120; minute++) {
    site.advance(60);
    if (state.heaterStages === 2) heated++;
    hottest = Math.max(hottest, state.hot);
    assert.ok(
      commands.fanDuty.every((duty) => duty <= 26),
      `fans at ${commands.fanDuty[0]} %`,
    );
    assert.equal(state.dx[0]?.running, false);
    assert.equal(commands.damper, 0);
  }
  assert.ok(alarms.has("emergency-ventilation frost"));
  assert.ok(alarms.has("temperature-watch low-warning:probe-inlet.temperature"));
  assert.ok(heated > 100, `heated for ${heated} of 120 min`);
  assert.ok(hottest < 60, `${hottest} °C behind the servers`);
  // Outdoors it is about -17 °C: 1 kW of heat in that much air leaves no more.
  holds(long, [0, 27]);
});
