import type { Command } from "commander";
import type { ExitCode } from "../terminal.ts";

/** `bothy ipmi`: any BMC, without a site. */
export function addIpmiCommands(program: Command, _ended: (code: ExitCode) => void): void {
  program.command("ipmi").description("look after a server by its BMC: sensors, power, event log, inventory");
}
