import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { ControllersConfig } from "../../controllers/runtime/api.ts";
import { controlSite, type ControlSite, type ControlSiteOptions } from "../support/control-site.ts";
import { use, warm, zone } from "./zone-site.ts";

export const profiles = { names: ["day", "quiet", "away"], default: "day" };

/** At 27 °C `day` wants 70 % and `quiet` 20 %; nobody works in `away`. */
export const dayAndQuiet: ControllersConfig = {
  day: use(zone, { profiles: ["day"], settings: { failSafe: 90 } }),
  quiet: use(zone, { profiles: ["quiet"], settings: { setpoint: 30, failSafe: 60 } }),
};

export const sited = (
  t: Pick<TestContext, "after">,
  config: ControllersConfig = dayAndQuiet,
  { parts, ...options }: ControlSiteOptions = {},
): Promise<ControlSite> =>
  controlSite(t, config, { table: warm(), ...options, parts: { profiles, ...parts } });

export const modes = (site: ControlSite) => site.controllers.list().map(({ name, mode }) => [name, mode]);

/** Who holds an output, the strongest first. */
export const holders = (site: ControlSite, alias = "fan-a") =>
  (site.writer.array(alias)[0]?.entries ?? []).map(({ who, slot, value }) => [who, slot, value]);

export const entryOf = (site: ControlSite) => site.writer.array("fan-a")[0]?.inForce;

/**
 * Lets time pass, and looks all the while: somebody is in force at every moment, and nothing changes faster than rates
 * allow (2 %/s up, 1 %/s down).
 */
export async function watched(site: ControlSite, span: number, every = 500): Promise<readonly number[]> {
  const seen: number[] = [];
  let last = { at: site.clock.monotonic(), value: Number(entryOf(site)?.value) };
  for (let passed = 0; passed < span; passed += every) {
    await site.clock.advance(every);
    const entry = entryOf(site);
    assert.ok(entry !== undefined, "somebody is in force");
    const value = Number(entry.value);
    if (value === last.value) continue;
    const seconds = (site.clock.monotonic() - last.at) / 1000;
    const most = (value > last.value ? 2 : 1) * Math.max(5, seconds);
    assert.ok(Math.abs(value - last.value) <= most + 1e-9, `${last.value} to ${value} in ${seconds} s`);
    last = { at: site.clock.monotonic(), value };
    seen.push(value);
  }
  return seen;
}
