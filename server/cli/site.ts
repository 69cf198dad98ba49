import type { Command } from "commander";
import { systemClock } from "../../devices/clock.ts";
import { createLog, levelFrom } from "../logger.ts";
import { serveSite } from "../serve.ts";
import { createSite } from "../site.ts";
import { keepingState } from "../state/folder.ts";
import { allPlugins, listeningOn, loadOrExplain } from "./load.ts";
import { chosenPort, portNumber } from "./numbers.ts";
import { exit, type ExitCode, print, untilStopped } from "./terminal.ts";

interface Options {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
}

/** `bothy site`: runs a site until it is told to stop. */
export function addSiteCommand(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("site")
    .description("run a site: open its buses, poll its devices, serve HTTP")
    .requiredOption("-c, --config <file>", "the site's configuration")
    .option("-p, --port <number>", "TCP port, instead of the configuration's (also: PORT)", portNumber)
    .option("--host <address>", "address to listen on, instead of the configuration's")
    .action(async (options: Options) => ended(await runSite(options)));
}

async function runSite(options: Options): Promise<ExitCode> {
  const { config: loaded, plans } = loadOrExplain(options.config);
  const listening = listeningOn(loaded, chosenPort(options.port, process.env), options.host);
  const config = keepingState(listening, process.env);
  const log = createLog(levelFrom(process.env) ?? config.log.level);
  const stopped = untilStopped();
  const served = await serveSite(createSite(config, plans, { clock: systemClock, log, plugins: allPlugins }));
  const devices = served.site.registry.all().length;
  log.info({ url: served.url, site: config.site.id, buses: plans.length, devices }, "the site is running");
  print(served.url);
  await stopped;
  log.info({}, "stopping");
  await served.stop();
  return exit.good;
}
