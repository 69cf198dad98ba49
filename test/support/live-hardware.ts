// Simulated equipment in the test's own process, and a site in another: the site may die, the equipment stays.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { createSimulatedSite, type SimulatedSite } from "../../simulators/site.ts";
import { type LiveSite, startLive } from "./live-site.ts";
import { homeIn, type Variables } from "./program.ts";

export interface Hardware {
  readonly simulated: SimulatedSite;
  /** Where the site keeps its state. */
  readonly state: string;
  /** Starts a site on it; killed with the test. @param more variables of its environment */
  start(more?: Variables): Promise<LiveSite>;
}

/** @param config a configuration as `bothy demo` takes it */
export async function startHardware(t: TestContext, config: string): Promise<Hardware> {
  const folder = dirname(config);
  const simulated = await createSimulatedSite({ clock: systemClock, dir: join(folder, "lines") });
  t.after(() => simulated.close());
  mkdirSync(join(folder, "state"), { recursive: true });
  const env = { ...homeIn(folder), ...placesOf(simulated, folder), STATE_DIRECTORY: join(folder, "state") };
  return {
    simulated,
    state: join(folder, "state"),
    start: (more) => startLive(t, ["site", "--config", config, "--port", "0"], { ...env, ...more }),
  };
}

/** What the configuration's `${BOTHY_…}` stand for. */
function placesOf({ lines, endpoint, bmcs }: SimulatedSite, folder: string): Variables {
  const password = join(folder, "bmc-password");
  writeFileSync(password, bmcs[0]?.password ?? "", { mode: 0o600 });
  const places: Record<string, string> = { BOTHY_BMC_PASSWORD_FILE: password };
  for (const line of lines)
    if (line.kind === "pty") places[`BOTHY_${line.name.toUpperCase().replaceAll("-", "_")}`] = line.path;
  if (endpoint.kind === "tcp") {
    places["BOTHY_TCP_HOST"] = endpoint.host;
    places["BOTHY_TCP_PORT"] = String(endpoint.port);
  }
  for (const bmc of bmcs)
    if (bmc.kind === "udp") places[`BOTHY_BMC_${bmc.outlet}`] = `${bmc.host}:${bmc.port}`;
  return places;
}
