import assert from "node:assert/strict";
import { playDays } from "./year-day.ts";
import { playedWith, withFloor } from "./zone-controllers.ts";

/*
 * What fails at a site whose fans have a floor that creeps down until a rack minds.
 */

const floor = playedWith(withFloor);

playDays("constant:30", [
  floor({
    name: "floor: a fan is dead: the others make up for it",
    fault: "tray-a dead-fan 3",
    lasts: 0.3,
    inlet: [18, 27],
    alarms: ["fan-zone fan-failed:tray-a.fan-3"],
  }),
  floor({
    name: "floor: a probe that reads 20 K too little is not taken for a cool rack",
    fault: "probe-inlet-2 offset temperature -20",
    lasts: 0.5,
    inlet: [18, 27],
    alarms: ["trim-respond-floor rack-unknown:probe-inlet-2", "fan-zone sensor:probe-inlet-2.temperature"],
  }),
  floor({
    name: "floor: the line is silent for ten minutes",
    fault: "line line-cut",
    lasts: 1 / 6,
    inlet: [18, 30],
    alarms: ["trim-respond-floor fail-safe", "fan-zone fail-safe"],
  }),
  floor({
    name: "floor: no inlet is known: fans at their fail-safe duty, and the floor begins again afterwards",
    fault: ["probe-inlet silent", "probe-inlet-2 silent", "probe-inlet-3 silent"],
    lasts: 0.3,
    inlet: [15, 35],
    alarms: ["trim-respond-floor fail-safe", "fan-zone fail-safe"],
    during: ({ site: { physics } }) =>
      assert.ok(
        physics.commands.fanDuty.every((duty) => duty >= 75),
        physics.commands.fanDuty.join(),
      ),
  }),
  floor({
    name: "floor: the compressor trips: racks ask for more air, and the floor comes down again",
    fault: "dx-1 lockout",
    lasts: 0.4,
    after: 1,
    inlet: [15, 35],
    alarms: ["staged-cooling tripped:dx-1", "emergency-ventilation "],
  }),
]);
