import { Command, CommanderError } from "commander";
import { withoutCredentials } from "../credentials.ts";
import { packageInfo } from "../package-info.ts";
import { addScanCommand } from "./bus-scan.ts";
import { addWatchCommand } from "./bus-watch.ts";
import { addCheckCommands } from "./check.ts";
import { addControllerCommands } from "./controller/command.ts";
import { addCompletionCommands } from "./completion/command.ts";
import { addDemoCommand } from "./demo.ts";
import { addIpmiCommands } from "./ipmi/command.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addContextCommand } from "./on-call/context.ts";
import { addInfoCommand } from "./on-call/info.ts";
import { addPluginsCommand } from "./on-call/plugins.ts";
import { addReadCommand } from "./on-call/read.ts";
import { addDeviceScanCommand } from "./on-call/scan.ts";
import { addTagsCommand } from "./on-call/tags.ts";
import { addTailCommand } from "./on-call/tail.ts";
import { addTransactionsCommand } from "./on-call/transactions.ts";
import { addDeviceWatchCommand } from "./on-call/watch.ts";
import { addReleaseCommand, addWhyCommand } from "./on-call/why.ts";
import { addWriteCommand } from "./on-call/write.ts";
import { addPluginCommands } from "./plugin.ts";
import { addSimCommands } from "./sim.ts";
import { addSiteCommand } from "./site.ts";
import { addTokenCommands } from "./token.ts";
import { complain, exit, type ExitCode, FaultyConfig, reasonOf } from "./terminal.ts";

/** Every command. @param ended told the exit code of the one that ran */
export function createProgram(ended: (code: ExitCode) => void): Command {
  const program = new Command("bothy")
    .description("Edge hardware management for unattended micro-datacenters")
    .version(packageInfo().version)
    .usage("COMMAND [options]")
    .configureHelp({ subcommandTerm: termOf })
    .showHelpAfterError("(--help lists what there is)")
    .configureOutput({ outputError: (text, write) => write(withoutCredentials(text)) })
    .addHelpText("after", exitCodes)
    .exitOverride();
  program.addHelpCommand(
    new Command("help")
      .argument("[command]")
      .description("show how a command is used")
      .helpGroup("Setting up:"),
  );
  program.commandsGroup("On call, at any Synse v3 server (docs/cli.md):");
  addDeviceScanCommand(program, ended);
  addReadCommand(program, ended);
  addDeviceWatchCommand(program, ended);
  addTailCommand(program, ended);
  addWriteCommand(program, ended);
  addReleaseCommand(program, ended);
  addWhyCommand(program, ended);
  addInfoCommand(program, ended);
  addTagsCommand(program, ended);
  addPluginsCommand(program, ended);
  addTransactionsCommand(program, ended);
  addContextCommand(program, ended);
  program.commandsGroup("What controls a site (docs/controllers.md):");
  addControllerCommands(program, ended);
  program.commandsGroup("A server's BMC, without a site (docs/ipmi.md):");
  addIpmiCommands(program, ended);
  program.commandsGroup("Running:");
  addDemoCommand(program, ended);
  addSiteCommand(program, ended);
  addPluginCommands(program, ended);
  program.commandsGroup("Setting up:");
  addCheckCommands(program, ended);
  addTokenCommands(program, ended);
  addMigrateCommand(program, ended);
  addCompletionCommands(program, ended);
  program.commandsGroup("Lines and simulators:");
  const bus = program.command("bus").description("look at a line");
  addScanCommand(bus, ended);
  addWatchCommand(bus, ended);
  addSimCommands(program, ended);
  return program;
}

/** Names only: what a command takes is told by its own help. */
const termOf = (command: Command): string => command.name();

const exitCodes = `
Exit codes:
  0   all is well
  1   a fault was found: a bad reading with --strict, a write that was not done,
      a plugin that is not healthy, faults of a configuration
  2   it could not run: wrong usage, no such device, a server that does not
      answer or does not let you

Where no server is named, commands ask $BOTHY_HOST, the current context, or
http://127.0.0.1:5000.`;

/**
 * Runs the command line.
 * @param args without the program's own name
 * @returns 0 when all is well, 1 when a fault was found, 2 when it could not run
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exit.good;
  const program = createProgram((reached) => {
    code = reached;
  });
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
    complain(`bothy: ${withoutCredentials(error.message)}`);
  return exit.cannot;
}
