import { type Command, Option } from "commander";
import { portNumber, positive } from "./numbers.ts";
import type { ExitCode } from "./terminal.ts";
import type { Options } from "./demo-run.ts";

/** `bothy demo`: simulated equipment and a site on top of it. */
export function addDemoCommand(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("demo")
    .description("run a simulated micro-datacenter, and a site that drives it over real wires")
    .option("-p, --port <number>", "TCP port of the HTTP interface (also: PORT; default: 5000)", portNumber)
    .option("--host <address>", "loopback address to listen on (default: 127.0.0.1)")
    .option("-c, --config <file>", "a configuration of your own for the simulated equipment")
    .option("--state <folder>", "keep the site's state there (default: a temporary folder)")
    .option("--script <file>", "faults to play, YAML or JSON")
    .option("--speed <factor>", "simulated seconds per second", positive)
    .option(
      "--weather <name>",
      "what happens outdoors: hot, temperate or arctic at this time of the year, FILE.epw, or constant:25 (default: fair days)",
    )
    .addOption(
      new Option("--wires <kind>", "serial lines as pseudo-terminals, or behind TCP").choices(["pty", "tcp"]),
    )
    .action(async (options: Options) => {
      const { runDemo } = await import("./demo-run.ts");
      ended(await runDemo(options));
    });
}
