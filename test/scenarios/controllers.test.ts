import assert from "node:assert/strict";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { hours, minutes, seconds } from "../../server/simulation/index.ts";
import type { AnyDefinition } from "../../server/simulation/site.ts";
import { everything } from "./everything.ts";
import { automatic, coarse, playAll, type Scenario } from "./harness.ts";

/** Fans' controller throws for a while: fail-safe within two steps, then as before. One that never ends is a thread's matter. */
function throwing(): Scenario {
  const fault = { on: false };
  const use: AnyDefinition = {
    ...fanZone,
    step: (context: Parameters<typeof fanZone.step>[0]) => {
      if (fault.on) throw new Error("out of its mind");
      return fanZone.step(context);
    },
  };
  return {
    name: "a controller that throws: fail-safe within two steps, and no bump afterwards",
    options: {
      weather: "constant:25",
      ...coarse,
      controllers: { ...everything, "fan-zone": { use, settings: { setpoint: 26 } } },
    },
    faults: [],
    begin: () => (fault.on = true),
    reaches: { within: seconds(10), holds: (site) => site.controllers.get("fan-zone")?.mode === "fail-safe" },
    lasts: seconds(20),
    during: (site) => {
      assert.ok(site.physics.commands.fanDuty.every((duty) => duty >= 75));
      fault.on = false;
    },
    after: minutes(5),
    smooth: "rates",
    inlet: [15, 32],
    alarms: ["fan-zone fail-safe"],
    failing: ["fan-zone"],
    finally: automatic,
  };
}

playAll([
  ...([1, -1] as const).map((by): Scenario => ({
    name: `the wall clock jumps by ${by} h: nothing else does`,
    options: { weather: "constant:18", ...coarse },
    faults: [],
    begin: (site) => site.clock.setWall(hours(by)),
    settle: minutes(40),
    lasts: minutes(5),
    after: minutes(5),
    smooth: "bumpless",
    inlet: [15, 32],
    alarms: [],
    during: automatic,
    finally: automatic,
  })),
  throwing(),
]);
