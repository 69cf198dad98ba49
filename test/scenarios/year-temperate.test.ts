import assert from "node:assert/strict";
import { lasting, playDays, served } from "./year-day.ts";

playDays("temperate", [
  {
    name: "mains are out for 4 h: outdoor air cools, tests lose power at once, the important ones never",
    from: [250, 9],
    controllers: lasting,
    fault: "site mains-loss",
    lasts: 4,
    inlet: [15, 32],
    alarms: ["outage mains-out", "outage loads-shed"],
    outlets: 14,
    finally: (score) => {
      served(score, 4);
      assert.ok(score.outage.chargeAtReturn > 0.6, `${score.outage.chargeAtReturn}`);
    },
  },
  {
    name: "the compressor gives 60 % of its cooling: the inlet stays allowable, nobody loses power",
    from: [209, 10],
    fault: "dx-1 capacity-loss 40%",
    lasts: 4,
    inlet: [15, 32],
    alarms: [],
  },
  {
    name: "a fan that is worn is told, and the air does not notice",
    from: [70, 1],
    fault: "tray-a worn-fan 2",
    lasts: 0.5,
    inlet: [18, 27],
    alarms: ["fan-zone fan-slow:tray-a.fan-2"],
  },
  {
    name: "a probe that is stuck 4 K too warm is named within half an hour",
    from: [100, 1],
    fault: "probe-inlet stuck temperature at 26",
    lasts: 0.8,
    inlet: [15, 27],
    alarms: ["fan-zone sensor:probe-inlet.temperature", "economiser sensor:probe-inlet.temperature"],
  },
  {
    name: "a damper that is stuck shut is told once it should open; compressors cool in its place",
    from: [190, 22],
    fault: "dx-1 damper-stuck",
    lasts: 3.5,
    inlet: [18, 27],
    alarms: ["economiser damper-stuck"],
    during: ({ site: { physics } }) => assert.equal(physics.state.dx[0]?.running, true),
  },
]);
