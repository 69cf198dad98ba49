import { type Millis, seconds, sleep, systemClock } from "../../devices/clock.ts";
import { saidBy } from "../../devices/errors.ts";
import { createLog, levelFrom } from "../logger.ts";
import { serveSite } from "../serve.ts";
import { createSite } from "../site.ts";
import { keepingState } from "../state/folder.ts";
import { openState } from "../state/state.ts";
import { notifySystemd, systemdNotify } from "../systemd.ts";
import { startWatchdog, stuck } from "../watchdog.ts";
import { allPlugins, listeningOn, loadOrExplain } from "./load.ts";
import { chosenPort } from "./numbers.ts";
import { exit, type ExitCode, print, untilBroken, untilStopped } from "./terminal.ts";

export interface Options {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  /** `true`: without addresses. */
  readonly behindProxy?: readonly string[] | true;
}

/** Fail-safe values are waited for within this; nothing that hangs then keeps a supervisor from starting it anew. */
const longestStop: Millis = seconds(30);

/** Runs a site until it is told to stop. */
export async function runSite(options: Options): Promise<ExitCode> {
  const { config: loaded, plans } = loadOrExplain(options.config);
  const { host, behindProxy } = options;
  const proxies = behindProxy === true ? ["127.0.0.1", "::1"] : behindProxy;
  const listening = listeningOn(loaded, chosenPort(options.port, process.env), host, proxies);
  const config = keepingState(listening, process.env);
  const log = createLog(levelFrom(process.env) ?? config.log.level);
  const stopped = untilStopped();
  const broken = untilBroken((thrown) => {
    const { stack } = thrown instanceof Error ? thrown : {};
    log.error({ stack }, `the site stops, for something unexpected: ${saidBy(thrown)}`);
  });
  const state = await openState(config.state.folder, { clock: systemClock, log });
  const served = await serveSite(
    createSite(config, plans, { clock: systemClock, log, plugins: allPlugins, state }),
  ).catch(async (error: unknown) => {
    await state.close();
    throw error;
  });
  const fault = (): string | undefined => stuck(served.site.controllers.running?.list() ?? []);
  const watched = { clock: systemClock, log, fault };
  const watchdog = config.watchdog === undefined ? undefined : startWatchdog(config.watchdog, watched);
  const devices = served.site.registry.all().length;
  log.info({ url: served.url, site: config.site.id, buses: plans.length, devices }, "the site is running");
  print(served.url);
  const systemd = notifySystemd(process.env, { ...watched, pid: process.pid, send: systemdNotify });
  const code = await Promise.race([stopped.then(() => exit.good), broken.then(() => exit.cannot)]);
  log.info({}, "stopping");
  const told = systemd?.stopping();
  const inTime = await Promise.race([served.stop().then(() => true), sleep(systemClock, longestStop)]);
  await told;
  watchdog?.close(inTime === true && code === exit.good);
  return code;
}
