import assert from "node:assert/strict";
import { playDays } from "./year-day.ts";
import { byZone, playedWith } from "./zone-controllers.ts";

/*
 * What fails at a site, with one loop for the whole zone in place of fans, damper and compressors by themselves.
 */

const zone = playedWith(byZone);
const named = (probe: string): readonly string[] => [`zone-temperature sensor:${probe}`];

playDays("constant:36", [
  zone({
    name: "zone: a fan is dead: found within a minute, the others make up for it, nobody calls for less load",
    fault: "tray-a dead-fan 3",
    lasts: 0.3,
    inlet: [18, 27],
    alarms: ["zone-temperature fan-failed:tray-a.fan-3"],
    during: ({ alarms }) => assert.ok(!alarms.has("zone-temperature fans-insufficient")),
  }),
  zone({
    name: "zone: the line is silent for ten minutes: compressors go on afterwards as if nothing had been",
    fault: "line line-cut",
    lasts: 1 / 6,
    inlet: [18, 27],
    alarms: ["zone-temperature fail-safe", "trim-respond-floor fail-safe"],
    finally: ({ compressors }) => assert.equal(compressors.starts, 0),
  }),
]);

playDays("constant:30", [
  zone({
    name: "zone: the compressor trips: outdoor air, and compressors again once they may",
    fault: "dx-1 lockout",
    lasts: 0.5,
    after: 0.5,
    inlet: [15, 34],
    alarms: ["staged-cooling tripped:dx-1", "emergency-ventilation "],
    during: ({ site: { physics } }) => assert.equal(physics.commands.damper, 100),
    finally: ({ inlet, compressors }) => {
      assert.ok(inlet.min < 25, `${inlet.min} °C`);
      assert.equal(compressors.starts, 1);
    },
  }),
]);

playDays("constant:30", [
  {
    name: "a compressor that dies while it runs is told, although outdoor air makes supply air cold",
    from: [0, 0],
    fault: "dx-1 compressor-dead",
    lasts: 0.5,
    inlet: [15, 36],
    alarms: ["staged-cooling failed:dx-1", "emergency-ventilation "],
  },
  {
    name: "a leak keeps compressors off: none is said to have failed",
    from: [0, 0],
    fault: "site leak",
    lasts: 0.3,
    after: 0,
    inlet: [15, 45],
    alarms: ["safety leak"],
    outlets: 14,
    during: ({ alarms }) => assert.ok(![...alarms].some((id) => id.startsWith("staged-cooling failed"))),
  },
]);

playDays("constant:24", [
  ...[20, -20].map((by) =>
    zone({
      name: `zone: one probe of three reads ${by} K off: left out, and named`,
      fault: `probe-inlet-2 offset temperature ${by}`,
      lasts: 0.5,
      inlet: [18, 27],
      alarms: named("probe-inlet-2.temperature"),
    }),
  ),
  zone({
    name: "zone: registers of a probe have moved: left out, and named",
    fault: "probe-inlet-2 shifted -1",
    lasts: 0.3,
    inlet: [18, 27],
    alarms: named("probe-inlet-2.temperature"),
  }),
  zone({
    name: "zone: a probe that is ten times as noisy moves nothing",
    fault: "probe-inlet noisy temperature 10",
    unnoticed: ["noisy"],
    lasts: 0.5,
    inlet: [18, 27],
    alarms: [],
    finally: ({ activity }) => assert.ok(activity.fans < 2000, `${activity.fans} %/day`),
  }),
  zone({
    name: "zone: a server is off: less heat, the same air",
    fault: "site server-dead 2",
    unnoticed: ["server-dead"],
    lasts: 0.5,
    inlet: [18, 27],
    alarms: [],
  }),
  zone({
    name: "zone: the door stands open for half an hour",
    fault: "site door-open",
    lasts: 0.5,
    inlet: [18, 27],
    alarms: ["safety door-open"],
  }),
  zone({
    name: "zone: no inlet is known: units hold a temperature of their own",
    fault: ["probe-inlet silent", "probe-inlet-2 silent", "probe-inlet-3 silent"],
    lasts: 0.5,
    inlet: [15, 35],
    alarms: ["zone-temperature fail-safe", "staged-cooling fail-safe"],
  }),
]);

playDays("constant:18", [
  zone({
    name: "zone: the outdoor probe is cut: outdoor air stays out, compressors begin at once",
    fault: "probe-outdoor open-wire temperature",
    lasts: 0.5,
    inlet: [18, 28],
    alarms: ["zone-temperature outdoor-unknown"],
    during: ({ site: { physics } }) => assert.equal(physics.state.dx[0]?.running, true),
  }),
  zone({
    name: "zone: a probe jumps by 3 K: the inlet stays where it may be",
    fault: "probe-inlet-2 offset temperature 3",
    unnoticed: ["offset"],
    lasts: 0.5,
    inlet: [18, 27],
    alarms: [],
  }),
]);

playDays("temperate", [
  zone({
    name: "zone: a fan that is worn is told",
    from: [70, 1],
    fault: "tray-a worn-fan 2",
    lasts: 0.5,
    inlet: [18, 27],
    alarms: ["zone-temperature fan-slow:tray-a.fan-2"],
  }),
  zone({
    name: "zone: a probe that is stuck 2 K too warm is named within half an hour, the inlet stays allowable",
    from: [100, 1],
    fault: "probe-inlet stuck temperature at 26",
    lasts: 0.8,
    inlet: [17, 27],
    alarms: named("probe-inlet.temperature"),
  }),
  zone({
    name: "zone: a damper that is stuck shut is told once it should open; compressors cool in its place",
    from: [190, 22],
    fault: "dx-1 damper-stuck",
    lasts: 3.5,
    inlet: [18, 27],
    alarms: ["zone-temperature damper-stuck"],
    during: ({ site: { physics } }) => assert.equal(physics.state.dx[0]?.running, true),
  }),
  zone({
    name: "zone: mains are out: outdoor air cools by itself, without the damper going to and fro",
    from: [250, 8],
    fault: "site mains-loss",
    lasts: 2,
    inlet: [15, 27],
    alarms: ["outage mains-out", "outage loads-shed"],
    outlets: 14,
    during: (_, { cycles }) => assert.ok(cycles.damperStrokesPerDay < 40, `${cycles.damperStrokesPerDay}`),
  }),
]);
