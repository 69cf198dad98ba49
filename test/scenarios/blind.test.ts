import { test } from "node:test";
import { everything } from "./everything.ts";
import { holds, longSite } from "./years-site.ts";
import { byZone } from "./zone-controllers.ts";

const inlets = ["probe-inlet", "probe-inlet-2", "probe-inlet-3"];

for (const [name, controllers] of [
  ["fans of their own", everything],
  ["one loop for the zone", byZone],
] as const)
  for (const [outdoor, most] of [
    [5, 26],
    [20, 26],
    [28, 34],
  ] as const)
    test(`no inlet known and the compressor locked out at ${outdoor} °C outdoors: outdoor air cools (${name})`, () => {
      const long = longSite({ weather: `constant:${outdoor}`, controllers });
      long.site.advance(3600);
      long.site.score.reset();
      long.site.faults(...inlets.map((probe) => `${probe} open-wire temperature`), "dx-1 lockout");
      long.site.advance(3600);
      holds(long, [15, most]);
    });
