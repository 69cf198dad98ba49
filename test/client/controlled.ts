import type { TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import {
  celsius,
  defineController,
  numberOf,
  seconds,
  secondsOf,
  select,
  Type,
} from "../../controllers/index.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import type { Loader } from "../../server/controllers/loader.ts";
import type { SiteDeps } from "../../server/site.ts";
import { type Served, served } from "./served.ts";

/** A loop that holds the probe with the fan, and says when it is warm. */
const cooling = (version: string, more = 0): Definition =>
  defineController({
    name: "cooling",
    version,
    summary: "the fan follows the probe",
    period: seconds(5),
    settings: Type.Object({
      setpoint: celsius({ default: 21, minimum: 15, maximum: 35, description: "Wanted at the probe." }),
      gain: numberOf("%/K", { default: 8, minimum: 0, maximum: 50, description: "Proportional gain." }),
      integralTime: secondsOf({ default: 60, minimum: 1, description: "Integral time." }),
    }),
    inputs: { probe: select("type:temperature").max() },
    outputs: { fan: select("type:fan").action("speed", { unit: "%" }) },
    publishes: { above: { unit: "K", text: "How far it is above its setpoint" } },
    loop: {
      pv: "pv",
      unit: "°C",
      tune: { output: "fan", action: "direct", gain: "gain", integralTime: "integralTime" },
    },
    failSafe: { fan: 100 },
    init: () => ({}),
    step: ({ inputs: { probe }, settings, state }) => {
      const above = probe.value - settings.setpoint;
      return {
        outputs: { fan: Math.min(100, 50 + more + settings.gain * above) },
        state,
        reason: `${above.toFixed(1)} K above the setpoint`,
        leader: probe.from,
        terms: { pv: probe.value, above },
        limits: above > 0 ? ["it is warm"] : [],
        alarms:
          above > 0 ? [{ id: "warm:probe", severity: "notice", text: "it is warm: open the door" }] : [],
        published: { above },
      };
    },
  });

const shipped: readonly Definition[] = [cooling("1.0.0"), { ...cooling("2.0.0", 5), name: "cooling-more" }];

/** A text stands for a third version; code of one's own runs without a thread. */
const loader: Loader = {
  bundle: () => Promise.reject(new Error("no files here")),
  bundleText: (file, text) =>
    Promise.resolve({ kind: "bundle", file, text, hash: `hash-of-${text.length}`, map: "{}" }),
  open: (source) => {
    const found = shipped.find(({ name }) => source.kind === "shipped" && name === source.name);
    return Promise.resolve(new InlineHost(found ?? cooling("3.0.0", 1)));
  },
};

const controllers: Required<SiteDeps>["controllers"] = { shipped, loader };

/** The site of `served` with a controller `zone` that has made some steps. */
export async function controlled(t: TestContext): Promise<Served> {
  const site = await served(
    t,
    0,
    {
      controllers: { zone: { use: "cooling", alarms: { "warm:*": { latch: true } } } },
      profiles: { names: ["day", "quiet"] },
    },
    { controllers },
  );
  await site.site.controllers.started();
  await site.clock.advance(seconds(30));
  return site;
}
