import assert from "node:assert/strict";
import { test } from "node:test";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { zoneTemperature } from "../../controllers/shipped/zone-temperature.ts";
import { reading, silent, zoneOf } from "./zone.ts";

const still = { filterTime: 0, fastest: 0, stuckAfter: 0, slewUp: 0, slewDown: 0, holdFor: 10 };
const own = (value: number | undefined, tag: string) =>
  value === undefined
    ? { ...silent("own"), tags: [`default/${tag}`] }
    : reading("own", value, { tags: [`default/${tag}`] });

for (const [name, definition] of [
  ["fan-zone", fanZone],
  ["zone-temperature", zoneTemperature],
] as const) {
  const zone = (settings: object = {}) =>
    zoneOf(definition, { settings: { ...still, ...settings }, others: { damper: [] } });
  const stepped = (of: ReturnType<typeof zone>, inlet: readonly ReturnType<typeof reading>[], count = 5) => {
    let last = of.step({ inlet });
    for (let k = 1; k < count; k++) last = of.step({ inlet });
    return last;
  };

  test(`${name}: fail-safe is a floor: fans that ran faster go on so; exact, they do not`, () => {
    for (const [failSafeMode, expected] of [
      ["floor", 95],
      ["exact", 60],
    ] as const) {
      const of = zone({ failSafeMode, failSafeDuty: 60, minDuty: 59 });
      stepped(of, [reading("probe", 30)]);
      of.mode("manual");
      for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) of.targets.hold("fans", fan, 8, 95);
      stepped(of, [reading("probe", 30)]);
      for (const fan of ["fan-1", "fan-2", "fan-3", "fan-4"]) of.targets.hold("fans", fan, 8);
      const lost = stepped(of, [silent("probe")], 1);
      assert.equal(lost.mode, "fail-safe");
      assert.deepEqual(of.duties(), Array<number>(4).fill(expected), failSafeMode);
    }
  });

  test(`${name}: a sensor may have a fail-safe duty of its own, while others are believed`, () => {
    const of = zone();
    const cold = reading("probe", 15);
    stepped(of, [cold, own(15, "fail-safe:90")], 60);
    assert.ok(
      of.duties().every((duty) => duty < 60),
      String(of.duties()),
    );
    const lost = stepped(of, [cold, own(undefined, "fail-safe:90")]);
    assert.equal(lost.mode, "automatic");
    assert.deepEqual(of.duties(), [90, 90, 90, 90]);
    assert.match(lost.trace.limits.join("; "), /own not believed: 90 %/);
    stepped(of, [cold, own(15, "fail-safe:90")], 60);
    assert.ok(
      of.duties().every((duty) => duty < 60),
      "it is over once the sensor is believed again",
    );
  });

  test(`${name}: a fail-safe duty of 0 is none, and is told`, () => {
    const of = zone();
    const cold = reading("probe", 15);
    const last = stepped(of, [cold, own(undefined, "fail-safe:0")], 60);
    assert.ok(
      of.duties().every((duty) => duty > 0 && duty < 60),
      String(of.duties()),
    );
    assert.ok(last.trace.alarms.some(({ id }) => id === "fail-safe-tag:own"));
  });
}
