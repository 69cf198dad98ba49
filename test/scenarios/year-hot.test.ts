import assert from "node:assert/strict";
import { lasting, playDays, served } from "./year-day.ts";

playDays("hot", [
  {
    name: "mains are out for 8 h in the hottest week: what matters most has power all the time",
    from: [205, 9],
    controllers: lasting,
    fault: "site mains-loss",
    lasts: 8,
    after: 0.5,
    // Outdoors it is 42 °C, and nothing cools: equipment that is left on takes 45 °C for as long as that.
    inlet: [15, 47],
    alarms: ["outage mains-out", "outage loads-shed", "outage battery-hot"],
    outlets: 14,
    during: ({ site: { physics } }) => assert.ok(physics.state.dx.every(({ running }) => !running)),
    finally: (score) => {
      served(score, 8);
      assert.ok(score.outage.chargeAtReturn > 0.15, `${score.outage.chargeAtReturn}`);
    },
  },
  {
    name: "the compressor trips in the heat wave: loads go one after the other, the most important ones never",
    from: [200, 12],
    fault: "dx-1 lockout",
    lasts: 1,
    after: 0.5,
    // Outdoors it is 47 °C.
    inlet: [15, 50],
    alarms: ["staged-cooling tripped:dx-1", "emergency-ventilation ", "outage loads-shed"],
    outlets: 14,
    finally: (score) => served(score, 0),
  },
  {
    name: "the compressor gives 60 % of its cooling by day: outdoor air, then fewer loads, nothing beyond what equipment takes",
    from: [209, 8],
    fault: "dx-1 capacity-loss 40%",
    lasts: 10,
    inlet: [15, 40],
    alarms: [
      "staged-cooling weak:dx-1",
      "staged-cooling saturated",
      "emergency-ventilation ",
      "outage loads-shed",
    ],
    // The same three loads each time, and each time for twice as long: not every half hour.
    outlets: 26,
    finally: (score) => {
      served(score, 0);
      for (const priority of ["3", "5"]) assert.equal(score.outage.unservedByPriority[priority], 0);
    },
  },
]);
