import assert from "node:assert/strict";
import { test } from "node:test";
import { annualEnergy } from "../../simulators/physics/quasi-steady.ts";
import { near, siteOf, vectors } from "./support.ts";

const sites = { cabinet: siteOf("cabinet"), container: siteOf("container") };

test("annual energy of all 30 policies, to the last digit given", () => {
  assert.equal(vectors.annual.rows.length, 30);
  for (const row of vectors.annual.rows) {
    const what = `${row.site} ${row.climate} ${row.policy}`;
    const policy = { setpoint: row.sp, flow: row.V, economiser: row.economiser };
    const load = row.site === "cabinet" ? 1200 : 24_000;
    const year = annualEnergy(sites[row.site], policy, vectors.annual.climates[row.climate], load);
    near(year.fans, row.fan_kWh, 6e-4, `${what}: fans, kWh`);
    near(year.dx, row.dx_kWh, 6e-4, `${what}: DX, kWh`);
    near((year.it + year.fans + year.dx) / year.it, row.pPUE, 6e-7, `${what}: pPUE`);
    assert.deepEqual([year.freeHours, year.partialHours], [row.freeHours, row.partialHours], what);
  }
});
