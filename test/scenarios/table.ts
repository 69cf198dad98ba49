import assert from "node:assert/strict";
import { minutes, seconds } from "../../server/simulation/index.ts";
import type { Scenario } from "./harness.ts";

/** Faults of the reference's suite that no single controller answers for alone. */
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
];
