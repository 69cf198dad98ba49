// Faults of sensors and fans.
import { seconds } from "../../../devices/clock.ts";
import { type FaultRow, fanZoneRates, isCalm, simulated } from "../../support/live-rows.ts";
import { fanDuty } from "./fan-duty.ts";

export const stuckSensor: FaultRow = {
  name: "stuck sensor",
  begin: simulated("probe-inlet stuck temperature"),
  declared: [
    {
      text: "it is named, and another one leads",
      within: seconds(90),
      holds: ({ alarms, controllers }) =>
        alarms.includes("fan-zone sensor:probe-inlet.temperature") &&
        controllers["fan-zone"]?.leader !== "probe-inlet.temperature",
    },
  ],
  recovered: { text: "believed again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};

export const wrongSensor: FaultRow = {
  name: "wrong sensor",
  begin: simulated("probe-inlet stuck temperature at 55"),
  declared: [
    {
      text: "it is named, and left out",
      within: seconds(45),
      holds: ({ alarms, reason }) =>
        alarms.includes("fan-zone sensor:probe-inlet.temperature") &&
        !/probe-inlet\.temp/.test(reason("fan-zone")),
    },
  ],
  recovered: { text: "believed again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};

export const deadFan: FaultRow = {
  name: "dead fan",
  begin: simulated("tray-a dead-fan 3"),
  declared: [
    {
      text: "told, and the others run faster",
      // Read, and judged: then three times kicked and judged again; each 15 s, in steps of 5 s.
      within: seconds(90),
      holds: ({ alarms, reason }) =>
        alarms.includes("fan-zone fan-failed:tray-a.fan-3") &&
        /others run \d+.* % faster/.test(reason("fan-zone")),
    },
  ],
  recovered: { text: "all fans count again", within: seconds(120), holds: isCalm },
  smooth: { ...fanZoneRates, but: /fan-3$/ },
};

export const silentProbes: FaultRow = {
  name: "silent probes",
  begin: simulated("probe-inlet silent", "probe-inlet-2 silent", "probe-inlet-3 silent"),
  declared: [
    {
      text: "fans at their fail-safe duty",
      within: seconds(60),
      holds: async (seen) => seen.alarms.includes("fan-zone fail-safe") && (await fanDuty(seen, 1)) === 90,
    },
  ],
  recovered: { text: "automatic again", within: seconds(60), holds: isCalm },
  smooth: fanZoneRates,
};
