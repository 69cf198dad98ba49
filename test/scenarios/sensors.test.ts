import assert from "node:assert/strict";
import { minutes, seconds } from "../../server/simulation/index.ts";
import { automatic, coarse, playAll, type Scenario } from "./harness.ts";

const threeControllers = ["staged-cooling", "economiser", "fan-zone"];
const named = (probe: string): readonly string[] => threeControllers.map((name) => `${name} sensor:${probe}`);

const offBy = (offset: number): Scenario => ({
  name: `one probe of three that reads ${offset} K off is left out, and named`,
  options: { weather: "constant:24", ...coarse },
  faults: [`probe-inlet-2 offset temperature ${offset}`],
  lasts: minutes(30),
  after: minutes(10),
  inlet: [15, 32],
  alarms: named("probe-inlet-2"),
});

const leftOut = (what: string, fault: string): Scenario => ({
  name: `one probe of three ${what}: left out, and named`,
  options: { weather: "constant:24", ...coarse },
  faults: [fault],
  settle: minutes(5),
  lasts: minutes(4),
  after: minutes(3),
  inlet: [15, 32],
  alarms: ["economiser sensor:probe-inlet-2.temperature"],
  during: automatic,
  finally: automatic,
});

playAll([
  {
    name: "a bus that is silent for ten minutes: fail-safe, then automatic again",
    options: { weather: "constant:18" },
    faults: ["line line-cut"],
    lasts: minutes(10),
    after: minutes(3),
    inlet: [5, 40],
    alarms: ["fan-zone fail-safe", "staged-cooling fail-safe"],
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
  offBy(20),
  offBy(-20),
  leftOut("whose registers have moved down: humidity where temperature was", "probe-inlet-2 shifted -1"),
  leftOut("whose registers have moved up: nothing where temperature was", "probe-inlet-2 shifted 1"),
  leftOut("that is shorted", "probe-inlet-2 short-wire temperature"),
  leftOut("with a loose contact", "probe-inlet-2 intermittent temperature 50%"),
  leftOut("that shows °F", "probe-inlet-2 fahrenheit temperature"),
  {
    name: "a humidity sensor that fails is told of, and air stays within limits",
    options: { weather: "constant:22", ...coarse },
    faults: ["probe-outdoor open-wire humidity"],
    settle: minutes(40),
    lasts: minutes(20),
    after: minutes(5),
    smooth: "bumpless",
    inlet: [15, 32],
    alarms: ["humidity-guard sensor:probe-outdoor"],
    during: automatic,
    finally: automatic,
  },
  {
    name: "an inlet probe that is stuck is found out, named, and the others control",
    options: { weather: "constant:18", ...coarse },
    faults: ["probe-inlet stuck temperature at 24"],
    lasts: minutes(45),
    after: minutes(5),
    inlet: [15, 32],
    alarms: named("probe-inlet.temperature"),
    reaches: {
      within: minutes(40),
      holds: (site) =>
        (site.controllers.get("fan-zone")?.alarms ?? []).some(
          ({ id, text }) => id === "sensor:probe-inlet.temperature" && text.includes("has not moved"),
        ),
    },
    finally: automatic,
  },
  {
    name: "an outdoor probe that is cut: told of, and outdoor air stays out",
    options: { weather: "constant:18", ...coarse },
    faults: ["probe-outdoor open-wire temperature"],
    reaches: {
      within: seconds(60),
      holds: (site) => site.controllers.get("economiser")?.published["mode"] === "mechanical",
    },
    lasts: minutes(10),
    after: minutes(5),
    inlet: [15, 32],
    alarms: ["economiser outdoor-unknown"],
    finally: automatic,
  },
  {
    name: "an outdoor probe stuck at the cool of a morning on a hot day: what it lets in is found out, and stays out",
    options: { weather: "constant:36", ...coarse },
    settle: minutes(30),
    faults: ["probe-outdoor stuck temperature at 12"],
    reaches: {
      within: minutes(30),
      holds: (site) =>
        (site.controllers.get("economiser")?.alarms ?? []).some(({ id }) => id === "damper-no-air"),
    },
    lasts: minutes(60),
    after: minutes(5),
    inlet: [15, 35],
    alarms: ["economiser damper-no-air"],
    finally: (site) => {
      automatic(site);
      assert.ok(Number(site.controllers.get("fan-zone")?.published["inlet"]) < 28);
    },
  },
]);
