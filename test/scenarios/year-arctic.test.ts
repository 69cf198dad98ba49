import assert from "node:assert/strict";
import { lasting, playDays, served } from "./year-day.ts";

playDays("arctic", [
  {
    name: "mains are out for 6 h in the warmest week: outdoor air cools all the time",
    from: [205, 9],
    controllers: lasting,
    fault: "site mains-loss",
    lasts: 6,
    inlet: [10, 33],
    alarms: ["outage mains-out", "outage loads-shed"],
    outlets: 14,
    finally: (score) => {
      served(score, 6);
      assert.ok(score.outage.chargeAtReturn > 0.3, `${score.outage.chargeAtReturn}`);
    },
  },
  {
    name: "a fan is dead in the cold: found within a minute, and nothing else changes",
    from: [40, 1],
    fault: "tray-a dead-fan 3",
    lasts: 0.4,
    inlet: [18, 27],
    alarms: ["fan-zone fan-failed:tray-a.fan-3"],
  },
]);
