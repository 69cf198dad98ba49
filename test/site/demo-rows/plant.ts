// Faults of cooling, servers and power, and smoke.
import assert from "node:assert/strict";
import { seconds } from "../../../devices/clock.ts";
import type { LiveSite } from "../../support/live-site.ts";
import {
  type FaultRow,
  fanZoneRates,
  isCalm,
  type Seen,
  seenOf,
  simulated,
} from "../../support/live-rows.ts";
import { fanDuty } from "./fan-duty.ts";

export const dxLoss: FaultRow = {
  name: "DX loss",
  begin: simulated("dx-1 lockout"),
  declared: [
    {
      text: "all fans and outdoor air, and it is told",
      within: seconds(30),
      holds: async (seen) =>
        seen.alarms.includes("emergency-ventilation emergency-ventilation") &&
        /dx-1.* is in lockout/.test(seen.reason("emergency-ventilation")) &&
        (await fanDuty(seen, 1)) === 100 &&
        (await seen.site.values("dx-1.unit"))["duty damper-demand"] === 100,
    },
  ],
  recovered: { text: "no emergency any more", within: seconds(90), holds: isCalm },
  smooth: fanZoneRates,
};

const switched =
  (state: "on" | "off") =>
  (site: LiveSite): Promise<unknown> =>
    site.send("POST", "/v3/write/wait/server-1-power", { action: "state", data: state });

export const serverOff: FaultRow = {
  name: "server off",
  begin: async (site) => {
    await switched("off")(site);
    return () => switched("on")(site);
  },
  declared: [
    {
      text: "its outlet gives standby power only, and nobody else minds",
      within: seconds(30),
      holds: async (seen) =>
        isCalm(seen) &&
        (await seen.site.values("server-1-power"))["state"] === "off" &&
        Number((await seen.site.values("pdu-1.outlet-1"))["power"]) < 30,
    },
  ],
  recovered: {
    text: "it draws power again",
    within: seconds(60),
    holds: async (seen) =>
      isCalm(seen) &&
      (await seen.site.values("server-1-power"))["state"] === "on" &&
      Number((await seen.site.values("pdu-1.outlet-1"))["power"]) > 50,
  },
  smooth: fanZoneRates,
};

const outlet = async ({ site }: Seen, number: number): Promise<unknown> =>
  (await site.values(`pdu-1.outlet-${number}`))["state"];

export const mainsLoss: FaultRow = {
  name: "mains loss",
  begin: simulated("site mains-loss"),
  declared: [
    {
      text: "on battery, what may go at once is off, everything else is not",
      within: seconds(30),
      holds: async (seen) =>
        seen.alarms.includes("outage mains-out") &&
        /On battery, for .*outlet-8 without power/.test(seen.reason("outage")) &&
        (await outlet(seen, 8)) === "off" &&
        (await outlet(seen, 7)) === "on",
    },
  ],
  recovered: {
    text: "all loads are back",
    within: seconds(90),
    holds: async (seen) =>
      isCalm(seen) && seen.reason("outage") === "Mains are there" && (await outlet(seen, 8)) === "on",
  },
  smooth: fanZoneRates,
};

export const smoke: FaultRow = {
  name: "smoke",
  begin: async (site) => {
    const clear = await simulated("site smoke")(site);
    return async () => {
      await clear();
      await site.until(
        "smoke is gone, and all air stays off until somebody resets it",
        async () => /smoke is gone/i.test((await seenOf(site)).reason("safety")),
        seconds(15),
      );
      assert.equal(await fanDuty(await seenOf(site), 1), 0);
      await site.send("PATCH", "/api/controllers/safety/settings", {
        settings: { resets: 1 },
        why: "looked",
      });
    };
  },
  declared: [
    {
      text: "no fan turns",
      within: seconds(15),
      holds: async (seen) => {
        const duties = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((fan) => fanDuty(seen, fan)));
        return seen.alarms.includes("safety smoke") && duties.every((duty) => duty === 0);
      },
    },
  ],
  recovered: {
    text: "fans turn again",
    within: seconds(60),
    holds: async (seen) => isCalm(seen) && (await fanDuty(seen, 1)) >= 25,
  },
  smooth: fanZoneRates,
};
