import assert from "node:assert/strict";
import { zoneTemperature } from "../../controllers/shipped/zone-temperature.ts";
import { minutes, seconds } from "../../server/simulation/index.ts";
import type { AnyDefinition } from "../../server/simulation/site.ts";
import { automatic, coarse, playAll, type Scenario } from "./harness.ts";
import { byZone } from "./zone-controllers.ts";

/** The zone's controller throws for a while. */
function throwing(): Scenario {
  const fault = { on: false };
  const use: AnyDefinition = {
    ...zoneTemperature,
    step: (context: Parameters<typeof zoneTemperature.step>[0]) => {
      if (fault.on) throw new Error("out of its mind");
      return zoneTemperature.step(context);
    },
  };
  const { settings } = byZone["zone-temperature"];
  return {
    name: "zone: a controller that throws: fail-safe within two steps, and compressors go on",
    options: {
      weather: "constant:32",
      ...coarse,
      controllers: { ...byZone, "zone-temperature": { use, settings } },
    },
    faults: [],
    settle: minutes(30),
    begin: () => (fault.on = true),
    reaches: {
      within: seconds(10),
      holds: (site) => site.controllers.get("zone-temperature")?.mode === "fail-safe",
    },
    lasts: seconds(20),
    during: (site) => {
      assert.ok(site.physics.commands.fanDuty.every((duty) => duty >= 75));
      fault.on = false;
    },
    after: minutes(5),
    inlet: [18, 30],
    alarms: ["zone-temperature fail-safe"],
    failing: ["zone-temperature"],
    finally: automatic,
  };
}

playAll([
  throwing(),
  {
    name: "zone: smoke: no fan turns within 3 s, the damper is shut, nothing cools",
    options: { weather: "constant:18", controllers: byZone },
    faults: ["site smoke"],
    settle: minutes(15),
    reaches: {
      within: seconds(3),
      holds: ({ physics }) => physics.commands.fanDuty.every((duty) => duty === 0),
    },
    lasts: minutes(4),
    during: ({ physics }) => {
      assert.equal(physics.commands.damper, 0);
      assert.equal(physics.state.dx[0]?.running, false);
    },
    after: minutes(1),
    inlet: [15, 40],
    alarms: ["safety smoke"],
  },
  {
    name: "zone: every other answer of a probe and of the cooling unit comes too late: all goes on",
    options: { weather: "constant:32", ...coarse, controllers: byZone },
    faults: ["probe-inlet late 2s with probability 50%", "dx-1 late 2s with probability 50%"],
    settle: minutes(30),
    lasts: minutes(10),
    after: minutes(3),
    inlet: [18, 30],
    alarms: [],
    during: automatic,
    finally: automatic,
  },
]);
