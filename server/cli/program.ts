import { Command, CommanderError } from "commander";
import { packageInfo } from "../package-info.ts";
import { addScanCommand } from "./bus-scan.ts";
import { addWatchCommand } from "./bus-watch.ts";
import { addCheckCommands } from "./check.ts";
import { addDemoCommand } from "./demo.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addPluginCommands } from "./plugin.ts";
import { addSimCommands } from "./sim.ts";
import { addSiteCommand } from "./site.ts";
import { complain, exit, type ExitCode, FaultyConfig, reasonOf } from "./terminal.ts";

/**
 * Runs the command line.
 * @param args without the program's own name
 * @returns 0 when all is well, 1 when a fault was found, 2 when it could not run
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exit.good;
  const ended = (reached: ExitCode): void => {
    code = reached;
  };
  const program = new Command("bothy")
    .description("Edge hardware management for unattended micro-datacenters")
    .version(packageInfo().version)
    .showHelpAfterError("(--help lists what there is)")
    .exitOverride();
  addDemoCommand(program, ended);
  addSiteCommand(program, ended);
  addCheckCommands(program, ended);
  const bus = program.command("bus").description("look at a line");
  addScanCommand(bus, ended);
  addWatchCommand(bus, ended);
  addSimCommands(program, ended);
  addPluginCommands(program, ended);
  addMigrateCommand(program, ended);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof FaultyConfig) return exit.fault;
    // Help and versions end a run too; commander has printed all there is to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.good : usage(error);
    complain(`bothy: ${reasonOf(error)}`);
    return exit.cannot;
  }
  return code;
}

function usage(error: CommanderError): ExitCode {
  // Thrown by our own checks rather than by commander's parser, so not printed yet.
  if (error.code === "commander.invalidArgument" && !error.message.startsWith("error:"))
    complain(`bothy: ${error.message}`);
  return exit.cannot;
}
