import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observed } from "../../controllers/runtime/frame.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import type { EngineResult } from "../../controllers/runtime/engine.ts";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import type { Reading } from "../../devices/reading.ts";
import { isGood, startBmc, startSite } from "../ipmi-plugin/site.ts";
import { reading, silent, warmZone, zoneOf } from "./zone.ts";

const cpu = "server-1-cpu1-temp";
/** As a BMC says them. */
const limits = { unc: "85 °C", uc: "92 °C", unr: "98 °C" };
const bySensor = { "server-*-cpu*-temp": { limit: "uc", keep: 10 } };

/**
 * A zone whose fans move air, and a processor in it. The inlet is held at 30 °C by 68 %.
 * @param seen what is seen of sensors of the input `margins` with the inlet at so many °C
 */
function site(settings: object, seen: (inlet: number, steps: number) => readonly Observed[]) {
  const zone = zoneOf(fanZone, { settings: { setpoint: 30, ...settings } });
  const air = warmZone();
  let steps = 0;
  const step = (probe: readonly Observed[] = [reading("probe", air.inlet())], hour = 12): EngineResult => {
    const result = zone.step({ inlet: probe, margins: seen(air.inlet(), steps) }, hour);
    air.run(zone.duties());
    steps++;
    return result;
  };
  const run = (count: number): EngineResult => {
    let last = step();
    for (let i = 1; i < count; i++) last = step();
    return last;
  };
  return { zone, air, step, run, duty: () => zone.duties()[0] ?? NaN };
}

/** What is told of a warm inlet is not looked at. */
const silentLevels = { highWarning: 60, highMajor: 61, highCritical: 62 };

const warm = (rise: number) => (inlet: number) => [reading(cpu, inlet + rise, { context: limits })];
const idsOf = ({ trace }: EngineResult): readonly string[] => trace.alarms.map(({ id }) => id);

test(
  "a processor's margin to its own threshold, as a BMC publishes it, is kept by the fans",
  { timeout: 60_000 },
  async (t) => {
    const { port } = await startBmc(t);
    const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
    const published = async (alias: string): Promise<Extract<Reading, { quality: "good" | "uncertain" }>> => {
      const found = await at.until(alias, "temperature", isGood);
      assert.ok(found.quality !== "bad");
      return found;
    };
    const [temperature, below] = [await published(cpu), await published("server-1-cpu1-margin")];
    assert.equal(temperature.context?.["uc"]?.split(" ")[0], "92");
    assert.ok(Number(below.value) < 0, "how far below its limit it is");
    for (const [alias, value] of [
      [cpu, (inlet: number) => inlet + 55],
      ["server-1-cpu1-margin", (inlet: number) => inlet + 55 - 92],
    ] as const) {
      const { context = {} } = alias === cpu ? temperature : below;
      assert.ok(at.site.registry.get(alias)?.tags.includes("ipmi/entity:processor"), alias);
      const as = alias === cpu ? { limit: "uc" } : { reads: "below" };
      const settings = { margins: { "server-1-cpu1-*": { ...as, keep: 10 } } };
      // What of its state belongs to the value of then is not that of now.
      const own = Object.fromEntries(
        Object.entries(context).filter(([key]) => !/^(status|crossed)$/.test(key)),
      );
      const zone = site(settings, (inlet) => [reading(alias, value(inlet), { context: own })]);
      const last = zone.run(900);
      assert.ok(Math.abs(zone.air.inlet() + 55 - 82) < 0.3, `${zone.air.inlet() + 55} °C`);
      assert.ok(zone.duty() > 78 && zone.duty() < 82, `${zone.duty()} %`);
      assert.match(last.trace.reason, new RegExp(`for ${alias}, which has 10(\\.\\d)? K left of 10 K`));
      assert.deepEqual(idsOf(last), []);
    }
  },
);

test("what is far from its limit moves no fan, however it jumps", () => {
  const jumps = (inlet: number, steps: number) => [
    reading(cpu, inlet + (steps % 40 < 20 ? 20 : 45), { context: limits }),
  ];
  const [with1, without] = [site({ margins: bySensor }, jumps), site({}, jumps)];
  for (let i = 0; i < 300; i++) {
    with1.step();
    without.step();
    assert.equal(with1.duty(), without.duty());
  }
});

test("each sensor has a loop of its own, and the one that is shortest of what it is to keep leads", () => {
  const margins = { a: { zero: 90, keep: 5 }, b: { zero: 100, keep: 20 }, c: { reads: "margin", keep: 3 } };
  const seen = (inlet: number) => [
    reading("a", inlet + 54),
    reading("b", inlet + 54),
    reading("c", 110 - inlet - 54),
    reading("other", 120),
  ];
  const zone = site({ margins }, seen);
  const last = zone.run(900);
  assert.ok(Math.abs(zone.air.inlet() + 54 - 80) < 0.3, `${zone.air.inlet() + 54} °C`);
  assert.match(last.trace.reason, /, for b, which has (20|19\.\d) K left of 20 K/);
});

test("margins that are set, changed and taken away at work make no bump", () => {
  const zone = site({}, warm(58));
  zone.run(600);
  for (const margins of [bySensor, { [cpu]: { zero: 88, keep: 5 } }, {}]) {
    const before = zone.duty();
    zone.zone.engine.configure({ setpoint: 30, margins });
    zone.step();
    assert.ok(
      Math.abs(zone.duty() - before) < 1,
      `${before} to ${zone.duty()} %: ${JSON.stringify(margins)}`,
    );
    zone.run(400);
  }
  assert.ok(Math.abs(zone.air.inlet() - 30) < 0.3);
});

test("a sensor that has nothing left is fail-safe although it reads well, until three readings in a row have some", () => {
  let rise = 30;
  const zone = site(
    { setpoint: 38, margins: { [cpu]: { limit: "uc", keep: 0 } }, hotAt: 60, ...silentLevels },
    (inlet) => [reading(cpu, inlet + rise, { context: limits })],
  );
  zone.run(800);
  const usual = zone.duty();
  assert.ok(usual < 50, `${usual} %`);
  rise = 92;
  const out = zone.run(4);
  assert.equal(out.mode, "automatic");
  assert.equal(zone.duty(), 100);
  const [told] = out.trace.alarms;
  assert.deepEqual([told?.id, told?.severity, told?.device], [`no-margin:${cpu}`, "major", cpu]);
  assert.match(out.trace.limits.join(), /has nothing left/);
  rise = 30;
  assert.ok(idsOf(zone.run(2)).includes(`no-margin:${cpu}`), "not believed at once");
  assert.deepEqual(idsOf(zone.step()), []);
  zone.run(800);
  assert.ok(Math.abs(zone.duty() - usual) < 1);
});

test("what its device says is critical has nothing left either; too cold is not too hot", () => {
  const said = (crossed: string) =>
    site({ setpoint: 38, margins: { [cpu]: { zero: 120, keep: 0 } }, hotAt: 60, ...silentLevels }, () => [
      reading(cpu, 50, { context: { ...limits, status: "critical", crossed } }),
    ]);
  const hot = said("unc, uc");
  assert.deepEqual(idsOf(hot.run(600)), [`no-margin:${cpu}`]);
  assert.equal(hot.duty(), 75);
  const cold = said("lnc, lc");
  assert.deepEqual(idsOf(cold.run(600)), []);
  assert.ok(cold.duty() < 50);
});

test("`exact` takes nothing from the fans of what has nothing left", () => {
  const zone = site({ setpoint: 22, failSafeMode: "exact", margins: bySensor }, warm(80));
  zone.run(600);
  assert.equal(zone.duty(), 100);
});

test("one that gives nothing asks for nothing, unless a tag says so; a server that is off is no failure", () => {
  const cases: readonly (readonly [Observed, number])[] = [
    [silent(cpu), 0],
    [{ ...silent(cpu), tags: ["fail-safe:90"] }, 90],
    [{ ...silent(cpu), code: "ABSENT", tags: ["fail-safe:90"] } as Observed, 0],
  ];
  for (const [one, least] of cases) {
    const zone = site({ setpoint: 38, hotAt: 60, ...silentLevels, margins: bySensor }, () => [one]);
    zone.run(600);
    if (least > 0) assert.equal(zone.duty(), least);
    else assert.ok(zone.duty() < 50, `${zone.duty()} %`);
  }
});

test("without a believable inlet what has nothing left gets air at once, and not after a while", () => {
  const zone = site({ setpoint: 38, hotAt: 60, ...silentLevels, margins: bySensor }, (inlet, steps) =>
    warm(steps > 600 ? 70 : 30)(inlet),
  );
  zone.run(600);
  assert.ok(zone.duty() < 50);
  const blind = [reading("probe", 900)];
  zone.step(blind);
  assert.ok(zone.step(blind).trace.limits.join().includes("has nothing left"));
  assert.equal(zone.duty(), 100);
});

test("heat at a processor goes before quiet hours, and air that is not enough is told", () => {
  const quiet = { quiet: true, quietFrom: 0, quietTo: 24, setpoint: 34, hotAt: 60 };
  const zone = site({ ...quiet, margins: bySensor, saturatedAfter: 600 }, warm(70));
  const last = zone.run(400);
  assert.equal(zone.duty(), 100);
  assert.match(
    last.trace.alarms.find(({ id }) => id === "saturated")?.text ?? "",
    /leaves server-1-cpu1-temp less margin/,
  );
  const calm = site({ ...quiet, margins: bySensor }, warm(20));
  calm.run(400);
  assert.ok(calm.duty() <= 60);
});

test("a threshold the device does not say falls back to `zero`, and without one is told", () => {
  const bare = (inlet: number) => [reading(cpu, inlet + 55)];
  const zero = site({ margins: { [cpu]: { limit: "uc", zero: 92, keep: 10 } } }, bare);
  zero.run(900);
  assert.ok(Math.abs(zero.air.inlet() + 55 - 82) < 0.3);
  const none = site({ margins: { [cpu]: { limit: "uc" }, "server-9*": { zero: 80 } } }, bare);
  assert.deepEqual(idsOf(none.run(600)), [`margin-limit:${cpu}`, "margins:server-9*"]);
});

test("a threshold nobody has set on a BMC, 0 or 255 °C, is none", () => {
  for (const uc of ["0 °C", "255 °C"]) {
    const seen = (inlet: number) => [reading(cpu, inlet + 55, { context: { uc } })];
    const none = site({ margins: bySensor }, seen).run(5);
    assert.ok(idsOf(none).includes(`margin-limit:${cpu}`), idsOf(none).join());
    assert.ok(!idsOf(none).includes(`no-margin:${cpu}`));
    const zero = site({ margins: { [cpu]: { limit: "uc", zero: 92, keep: 10 } } }, seen).run(5);
    assert.ok(!idsOf(zero).includes(`margin-limit:${cpu}`));
  }
});

test("margins that make no sense are refused with what is wrong", () => {
  const refused = (margins: object) => () => createEngine(fanZone, { margins });
  assert.throws(refused({ a: {} }), /margins\.a: `zero` or `limit` must say/);
  assert.throws(refused({ a: { reads: "margin", zero: 90 } }), /margins\.a: what reads `margin` is a margin/);
  assert.throws(
    refused({ a: { zero: 90, keeps: 4 } }),
    /margins\.a: there is no `keeps`; there are: reads, zero/,
  );
  assert.throws(refused({ a: { zero: 300 } }), /margins\.a\.zero: 300 °C is above its maximum 120 °C/);
  assert.throws(refused({ a: { limit: "lc" } }), /margins\.a\.limit: "?lc"? is not one of/);
});
