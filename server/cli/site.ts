import type { Command } from "commander";
import { networks, portNumber } from "./numbers.ts";
import type { ExitCode } from "./terminal.ts";
import type { Options } from "./site-run.ts";

/** `bothy site`: runs a site until it is told to stop. */
export function addSiteCommand(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("site")
    .description("run a site: open its buses, poll its devices, serve HTTP")
    .requiredOption("-c, --config <file>", "the site's configuration")
    .option("-p, --port <number>", "TCP port, instead of the configuration's (also: PORT)", portNumber)
    .option("--host <address>", "address to listen on, instead of the configuration's")
    .option(
      "--behind-proxy [addresses]",
      "a reverse proxy speaks TLS for the site, at these addresses (default: this machine)",
      networks,
    )
    .action(async (options: Options) => {
      const { runSite } = await import("./site-run.ts");
      ended(await runSite(options));
    });
}
