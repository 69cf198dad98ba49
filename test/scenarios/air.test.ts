import assert from "node:assert/strict";
import { minutes, seconds, type Simulation, type Weather } from "../../server/simulation/index.ts";
import { constantWeather } from "../../server/simulation/index.ts";
import { everything } from "./everything.ts";
import { automatic, coarse, playAll } from "./harness.ts";

/** Mild until somebody looks away, then winter. */
const winterAfter = (span: number): Weather => {
  const [mild, winter] = [constantWeather({ outdoor: 17 }), constantWeather({ outdoor: -15 })];
  return { at: (time) => (time * 1000 < span ? mild : winter).at(time) };
};

const standing = (site: Simulation, controller: string): readonly string[] =>
  (site.controllers.get(controller)?.alarms ?? []).map(({ id }) => id);

playAll([
  {
    name: "a damper that is stuck shut: found out, compressors cool in its place",
    options: { weather: "constant:18", ...coarse },
    faults: ["dx-1 damper-stuck"],
    settle: minutes(8),
    lasts: minutes(60),
    after: minutes(10),
    inlet: [10, 32],
    alarms: ["economiser damper-stuck"],
    during: (site) => assert.equal(site.controllers.get("economiser")?.published["mode"], "mechanical"),
    finally: automatic,
  },
  {
    name: "a damper that is stuck open as winter comes: told of, and it is heated against the cold",
    options: { weather: winterAfter(minutes(40)), ...coarse },
    faults: ["dx-1 damper-stuck"],
    settle: minutes(39),
    lasts: minutes(60),
    after: minutes(10),
    inlet: [5, 27],
    alarms: ["economiser damper-stuck"],
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
    name: "a fan that is dead: told of, and the others make up for it",
    options: { weather: "constant:25", ...coarse },
    faults: ["tray-a dead-fan 3"],
    lasts: minutes(10),
    after: minutes(5),
    inlet: [15, 32],
    alarms: ["fan-zone fan-failed:"],
    during: (site) => assert.ok(standing(site, "fan-zone").some((id) => id.startsWith("fan-failed:"))),
    finally: automatic,
  },
  {
    name: "a filter that is loaded: told of after its time",
    options: {
      weather: "constant:20",
      ...coarse,
      // A day is long: the time is a setting.
      controllers: { ...everything, economiser: { use: "economiser", settings: { filterAfter: 0.25 } } },
    },
    faults: [],
    begin: (site) => void Object.assign(site.physics.state, { filterLoad: 2.5 }),
    lasts: minutes(20),
    after: minutes(1),
    inlet: [15, 32],
    alarms: ["economiser filter-loaded"],
    finally: automatic,
  },
]);
