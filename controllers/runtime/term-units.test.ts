import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { celsius } from "../settings.ts";
import { emergencyVentilation } from "../shipped/emergency-ventilation.ts";
import { fanZone } from "../shipped/fan-zone.ts";
import { faultsOfShape } from "./shape-check.ts";
import { shapeOf } from "./shape.ts";
import { termUnits } from "./term-units.ts";

test("terms have the units the definition declares, or those of its loop, values, outputs and settings", () => {
  const all = ["p", "i", "d", "error", "pv", "setpoint", "duty", "flow", "factor", "short"];
  assert.deepEqual(termUnits(shapeOf(fanZone), all), {
    ...{ p: "%", i: "%", d: "%", error: "K", pv: "°C", setpoint: "°C", duty: "%", flow: "%", short: "K" },
  });
  assert.deepEqual(termUnits(shapeOf(emergencyVentilation), ["active", "frost", "lostFor"]), {
    lostFor: "s",
  });
  const own = {
    ...shapeOf(fanZone),
    terms: { error: "Pa", margin: "" },
    publishes: { supply: { unit: "kPa", text: "Supply." } },
    settings: Type.Object({ limit: celsius({ default: 30, description: "The most." }) }),
  };
  const names = ["error", "margin", "supply", "limit", "constructor"];
  assert.deepEqual(termUnits(own, names), { error: "Pa", supply: "kPa", limit: "°C" });
});

test("units that are no texts are a fault of the definition", () => {
  const faults = faultsOfShape({ ...fanZone, terms: { error: 1 } });
  assert.deepEqual(faults, ['`terms` is no map of terms to symbols of units, such as { error: "K" }']);
});
