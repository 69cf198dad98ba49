import assert from "node:assert/strict";
import { test } from "node:test";
import { holds, longSite } from "./years-site.ts";

/*
 * What is connected, mounted or set up wrongly: nothing is broken, and readings look sound.
 */

test("a damper whose linkage slipped while shut: it says that it is open, no air comes; found out by the mixed air", () => {
  const long = longSite({ weather: "constant:12" });
  const { site, alarms } = long;
  site.faults("dx-1 damper-slipped");
  site.advance(5400);
  assert.ok(alarms.has("economiser damper-no-air"), [...alarms].join("; "));
  assert.ok(!alarms.has("economiser damper-stuck"), "its feedback follows");
  const [found] = site.score.report().alarms.diagnosis;
  assert.ok(found !== undefined && found.seconds <= 180, `${found?.seconds} s`);
  assert.ok((site.physics.state.dx[0]?.runSeconds ?? 0) > 1200, "compressors cool in its place");
  // The compressor that has just stopped for outdoor air may not start for 5 min.
  holds(long, [15, 36]);
});

test("return and supply probes of the cooling unit in each other's place: it is cooled all the same", () => {
  const long = longSite({ weather: "constant:30" });
  long.site.advance(900);
  long.site.faults("dx-1 swapped return supply");
  long.site.advance(3600);
  holds(long, [15, 32]);
});

test("an inlet probe that shows what was ten minutes ago moves the inlet no further than it may", () => {
  const long = longSite({ weather: "constant:24" });
  long.site.advance(900);
  long.site.score.reset();
  long.site.faults("probe-inlet-2 delayed temperature 10m");
  long.site.advance(3600);
  holds(long, [15, 32]);
  assert.equal(long.site.score.report().failSafe.minutes, 0);
});

test("refrigerant that leaked away is told while what is left still holds the racks", () => {
  const long = longSite({ weather: "constant:30" });
  const { site, alarms } = long;
  const told = (): boolean => [...alarms].some((id) => id.startsWith("staged-cooling weak:dx-1"));
  site.advance(2 * 3600);
  assert.ok(!told());
  site.score.reset();
  for (const share of [8, 16, 24, 30, 36]) {
    site.faults(`dx-1 capacity-loss ${share}%`);
    site.advance(2400);
  }
  assert.ok(told(), [...alarms].join("; "));
  for (const name of ["staged-cooling", "fan-zone"])
    assert.ok(!alarms.has(`${name} saturated`), "before it is felt");
  holds(long, [15, 32]);
});
