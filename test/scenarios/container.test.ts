import assert from "node:assert/strict";
import { test } from "node:test";
import { everything } from "./everything.ts";
import { longSite } from "./years-site.ts";

test("outdoor air cools the container through the one damper that two units share", () => {
  const { "fan-zone": fans, "staged-cooling": cooling } = everything;
  const economiser = { use: "economiser", settings: { gain: 1.5 } };
  const long = longSite({
    ...{ parameters: "container", weather: "constant:8" },
    controllers: { "fan-zone": fans, "staged-cooling": cooling, economiser },
  });
  long.site.advance(2 * 3600);
  assert.ok(long.site.physics.state.damper > 20, `${long.site.physics.state.damper} %`);
  assert.equal(long.alarms.has("economiser damper-stuck"), false);
  assert.ok(long.site.physics.state.dx.every(({ running }) => !running));
});
