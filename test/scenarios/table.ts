import assert from "node:assert/strict";
import { fanZone } from "../../controllers/shipped/fan-zone.ts";
import { hours, minutes, seconds, type Simulation } from "../../server/simulation/index.ts";
import type { AnyDefinition } from "../../server/simulation/site.ts";
import { everything } from "./everything.ts";
import type { Scenario } from "./harness.ts";

/** As fine as most need. */
const coarse = { step: seconds(5), poll: seconds(5) };

/** Faults that no single controller answers for alone. */
export const scenarios: readonly Scenario[] = [
  {
    name: "a bus that is silent for ten minutes: fail-safe, then automatic again",
    options: { weather: "constant:18" },
    faults: ["line line-cut"],
    lasts: minutes(10),
    after: minutes(3),
    inlet: [5, 40],
    alarms: [],
    during: (site) => assert.equal(site.controllers.get("fan-zone")?.mode, "fail-safe"),
    finally: (site) => assert.equal(site.controllers.get("fan-zone")?.mode, "automatic"),
  },
  {
    name: "a probe that jumps by 3 K leaves the inlet where it may be",
    options: { weather: "constant:18" },
    faults: ["probe-inlet-2 offset temperature 3"],
    lasts: minutes(10),
    after: minutes(1),
    inlet: [15, 32],
    alarms: [],
  },
  ...([20, -20] as const).map((offset): Scenario => ({
    name: `one probe of three that reads ${offset} K off is left out, and named`,
    options: { weather: "constant:24", step: seconds(5), poll: seconds(5) },
    faults: [`probe-inlet-2 offset temperature ${offset}`],
    lasts: minutes(60),
    after: minutes(10),
    inlet: [15, 32],
    alarms: [
      "staged-cooling sensor:probe-inlet-2",
      "economiser sensor:probe-inlet-2",
      "fan-zone sensor:probe-inlet-2",
    ],
  })),
  ...([1, -1] as const).map((by): Scenario => ({
    name: `the wall clock jumps by ${by} h: nothing else does`,
    options: { weather: "constant:18", ...coarse },
    faults: [],
    begin: (site) => site.clock.setWall(hours(by)),
    lasts: minutes(10),
    after: minutes(10),
    smooth: true,
    inlet: [15, 32],
    alarms: [],
    during: automatic,
    finally: automatic,
  })),
  {
    name: "a humidity sensor that fails is told of, and air stays within limits",
    options: { weather: "constant:22", ...coarse },
    faults: ["probe-outdoor open-wire humidity"],
    lasts: minutes(30),
    after: minutes(10),
    smooth: true,
    inlet: [15, 32],
    alarms: [],
    during: automatic,
    finally: automatic,
  },
  {
    // A compressor that has just stopped rests for five minutes, and nothing else cools then: the short-term limit holds.
    name: "a damper that is stuck shut: compressors cool in its place, at the most 40 °C while one must rest",
    options: { weather: "constant:18", ...coarse },
    faults: ["dx-1 damper-stuck"],
    lasts: minutes(60),
    after: minutes(20),
    inlet: [10, 40],
    alarms: [],
    finally: automatic,
  },
  {
    name: "a door that stands open for half an hour",
    options: { weather: "constant:25", ...coarse },
    faults: ["site door-open"],
    reaches: {
      within: seconds(10),
      holds: (site) => site.controllers.get("safety")?.published["doorHold"] === 1,
    },
    lasts: minutes(30),
    after: minutes(10),
    inlet: [15, 34],
    alarms: ["safety door-open"],
    finally: automatic,
  },
  {
    name: "an inlet probe that is stuck is found out, and the others control",
    options: { weather: "constant:18", ...coarse },
    faults: ["probe-inlet stuck temperature at 24"],
    lasts: minutes(60),
    after: minutes(5),
    smooth: true,
    inlet: [15, 32],
    alarms: [],
    finally: automatic,
  },
  {
    name: "a fan that is dead: told of, and the others make up for it",
    options: { weather: "constant:25", ...coarse },
    faults: ["tray-a dead-fan 3"],
    lasts: minutes(10),
    after: minutes(5),
    inlet: [15, 32],
    alarms: ["fan-zone fan-"],
    during: (site) =>
      assert.ok(
        (site.controllers.get("fan-zone")?.alarms ?? []).some(({ id }) => id.startsWith("fan-failed:")),
      ),
    finally: automatic,
  },
  throwing(),
];

function automatic(site: Simulation): void {
  for (const { name, mode } of site.controllers.list()) assert.equal(mode, "automatic", name);
}

/** Fans' controller throws for a minute: fail-safe within two steps, then as before. */
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
    smooth: true,
    inlet: [15, 32],
    alarms: [],
    failing: ["fan-zone"],
    finally: automatic,
  };
}
